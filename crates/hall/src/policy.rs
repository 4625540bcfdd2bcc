//! Who may come in at all.

use crate::{Nick, Secret};

/// What those may do who have no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Guests {
    /// Everything that is not kept for others.
    #[default]
    Welcome,
    /// Listen and look, and make an account.
    ReadOnly,
    /// Nothing but make an account, or prove to have one.
    Refused,
}

/// Who may come in at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// What those may do who have no account.
    pub guests: Guests,
    /// Whether whoever wants to makes themselves an account. Otherwise admins make them.
    pub registration: bool,
    /// What everybody is asked for first.
    pub password: Option<Secret>,
    /// What nobody may be called, for that is the hall itself.
    pub reserved: Vec<Nick>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { guests: Guests::Welcome, registration: true, password: None, reserved: Vec::new() }
    }
}

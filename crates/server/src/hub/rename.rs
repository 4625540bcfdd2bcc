//! A room is called otherwise: who follows its logs goes on in them under their new names.

use hall::{LogId, Renamed};

use super::Hub;

impl Hub {
    /// A room's logs are called otherwise: whoever follows them goes on where they are. Somebody may have left one and not
    /// have been shown all of it, whom no audience leads to.
    pub(super) fn rename(&mut self, renamed: &Renamed) {
        for seat in self.seats.values() {
            seat.conn.outbox().rename(renamed);
        }
        for old in [LogId::Room(renamed.from.clone()), LogId::Operators(renamed.from.clone())] {
            let Some(new) = renamed.log(&old) else { continue };
            if let Some(audience) = self.audiences.remove(&old) {
                self.audiences.insert(new.clone(), audience);
            }
            if self.held_back.remove(&old) {
                self.held_back.insert(new);
            }
        }
    }
}

//! What happens when the settings are others: the hall is given its limits and who may come in, the house says of itself
//! what it says now, and clients of IRC are told what they may ask for that they could not, or could and cannot any more.

use std::sync::Arc;

use hall::{Nick, SessionId};
use wire::irc::{News, Offer};
use wire::{Dialog, Style};

use super::{Hub, Slot};

impl Hub {
    /// The settings are others.
    pub(super) fn reload(&mut self) {
        let settings = self.shared.settings.load_full();
        self.hall.set_limits(settings.hall.clone());
        self.set_policy();
        self.codec.house = Arc::new(self.shared.renewed(&self.codec.house, &settings));
        let offer = Offer::new(&self.codec.house, &settings.wire, &settings.hall, settings.policy.registration);
        let news = News::between(&self.offer, &offer);
        self.offer = offer;
        if let Some(news) = news {
            self.notify(&news);
        }
    }

    /// Who may come in from now on, and what nobody may be called: the server's own name comes before what it says.
    pub(super) fn set_policy(&mut self) {
        let mut policy = self.shared.settings.load().policy.clone();
        policy.reserved.extend(Nick::new(&self.shared.codec.house.server, usize::MAX).ok());
        self.hall.set_policy(policy);
    }

    /// Tells every client of IRC what it may ask for from now on. What that is has been found out once for all of a kind.
    fn notify(&mut self, news: &News) {
        let sessions: Vec<SessionId> =
            self.seats.iter().filter(|(_, seat)| matches!(seat.dialog, Dialog::Irc(_))).map(|(id, _)| *id).collect();
        for session in sessions {
            let told = self.with_dialog(session, |dialog, _, around| {
                dialog.as_irc().map(|client| (client.notify(news, around), client.style()))
            });
            let Some((bytes, style)) = told.flatten() else { continue };
            if let Some(seat) = self.seats.get(&session) {
                seat.conn.outbox().set_style(Style::Irc(style));
            }
            if !bytes.is_empty() {
                self.put(session, Slot::Tell(self.hall.head(), bytes));
            }
        }
    }
}

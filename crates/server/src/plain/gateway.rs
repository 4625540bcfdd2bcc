//! Gateways of IRC: for whom a connection counts, once its first line has said for whom it speaks.

use std::net::SocketAddr;

use wire::irc::{Disbelief, Heard, Webirc};

use super::Plain;
use crate::Settings;

impl Plain {
    /// The first line of IRC: a gateway says in it for whom it speaks. From then on the connection counts for that address,
    /// or the gateway is not believed, and counts as anybody else would who came from there.
    pub(super) fn settle(&mut self, heard: &mut Heard, settings: &Settings) {
        let webirc = heard.webirc();
        if webirc.is_none() && !self.ticket.is_open() {
            return;
        }
        let (peer, session) = (self.conn.peer, self.conn.session.0);
        let vouched = self.believe(webirc.unwrap_or(Err(Disbelief::Malformed)), settings);
        match &vouched {
            Ok(webirc) => {
                let client = SocketAddr::new(webirc.address, webirc.port);
                tracing::info!(gateway = %peer, session, peer = %client, "came by a gateway");
            }
            Err(why) => {
                if self.ticket.is_open() {
                    // It is closed whether or not there is a place for it.
                    let _ = self.ticket.move_to(peer.ip(), &settings.gate);
                }
                tracing::info!(%peer, session, ?why, "not believed for whom it speaks");
            }
        }
        *heard = Heard::Vouched(vouched);
    }

    fn believe(&mut self, webirc: Result<Webirc, Disbelief>, settings: &Settings) -> Result<Webirc, Disbelief> {
        let webirc = webirc?;
        settings.believes(self.conn.peer.ip(), &webirc.password)?;
        self.ticket.move_to(webirc.address, &settings.gate).map_err(Disbelief::NoPlace)?;
        Ok(webirc)
    }
}

//! Ways around a rule that were open once, one each.

#![allow(clippy::unwrap_used)] // In a test it is an assertion.

use hall::{Guests, Origin, Policy, Secret, SessionId, Time};
use sim::{Heard, Scene};
use wire::Lang;

fn scene() -> Scene {
    Scene::new(hall::Limits::default(), wire::Limits::default(), Lang::En, Time(1_795_253_400_000))
}

fn hear(scene: &mut Scene, session: SessionId) -> String {
    let mut heard = Vec::new();
    while let Heard::Bytes(bytes) = scene.hear(session) {
        heard.extend(bytes);
    }
    String::from_utf8(heard).unwrap()
}

fn say(scene: &mut Scene, session: SessionId, lines: &str) -> String {
    scene.send(session, format!("{lines}\n").as_bytes());
    hear(scene, session)
}

fn come(scene: &mut Scene) -> SessionId {
    let session = scene.arrive(Origin::default(), true);
    hear(scene, session);
    session
}

#[test]
fn an_account_that_is_deleted_sends_all_its_sessions_home() {
    let mut scene = scene();
    let (one, two) = (come(&mut scene), come(&mut scene));
    say(&mut scene, two, "/nick other\n/register password-other\n/logout");
    say(&mut scene, one, "/nick minji\n/register password-minji");
    say(&mut scene, two, "/login minji password-minji");
    say(&mut scene, one, "/unregister password-minji");
    say(&mut scene, one, "/login other password-other");
    let heard = say(&mut scene, two, "hi\n/account");
    assert!(heard.contains("* you have no account"), "{heard}");
    assert!(hear(&mut scene, one).contains(": hi"));
}

#[test]
fn who_logs_out_where_there_are_no_guests_is_at_the_door() {
    let mut scene = scene();
    scene.set_policy(Policy { guests: Guests::Refused, ..Policy::default() });
    let session = come(&mut scene);
    say(&mut scene, session, "/nick minji\n/register password-minji");
    say(&mut scene, session, "/logout");
    let heard = say(&mut scene, session, "hello\n/history 5\n/who #lobby");
    assert_eq!(heard.matches("! an account first").count(), 3, "{heard}");
}

#[test]
fn an_invitation_by_anybody_opens_nothing() {
    let mut scene = scene();
    let (operator, member, troll) = (come(&mut scene), come(&mut scene), come(&mut scene));
    say(&mut scene, troll, "/nick troll\n/register password-troll");
    say(&mut scene, operator, "/nick op\n/join #r\n/ban account:troll");
    say(&mut scene, member, "/nick member\n/join #r\n/invite troll");
    let heard = say(&mut scene, troll, "/join #r");
    assert!(heard.contains("! you are banned from #r"), "{heard}");
    // One by an operator does, until the next ban.
    say(&mut scene, operator, "/invite troll\n/ban account:troll");
    assert!(say(&mut scene, troll, "/join #r").contains("! you are banned from #r"));
    say(&mut scene, operator, "/invite troll");
    assert!(say(&mut scene, troll, "/join #r").contains("* you are in #r"));
}

#[test]
fn what_was_said_behind_closed_doors_is_not_for_those_who_open_the_room_again() {
    let mut scene = scene();
    let (operator, stranger) = (come(&mut scene), come(&mut scene));
    say(&mut scene, operator, "/nick op\n/join #private\n/set invite-only on\n/set secret on\nthe secret plan\n/part");
    let heard =
        say(&mut scene, stranger, "/nick thief\n/join #private\n/history 50\n/search plan\nour own words\n/history 50");
    assert!(!heard.contains("the secret plan") && heard.contains("thief: our own words"), "{heard}");
    say(&mut scene, stranger, "/part");
    assert!(!say(&mut scene, operator, "/join #private\n/history 50").contains("the secret plan"), "nor later");
}

#[test]
fn an_admin_whose_account_is_deleted_reads_nothing_more() {
    let mut scene = scene();
    let session = come(&mut scene);
    let console = scene.arrive(Origin { local: true, ..Origin::default() }, false);
    say(&mut scene, session, "/nick minji\n/register password-minji");
    say(&mut scene, console, "/admin grant minji");
    say(&mut scene, session, "/join #audit");
    say(&mut scene, console, "/admin delete minji\n/admin create later password-later");
    let heard = say(&mut scene, session, "/history 9\n/join #audit");
    assert!(!heard.contains("create later") && heard.contains("! only admins can do that"), "{heard}");
}

#[test]
fn nobody_is_written_to_who_has_not_been_let_in() {
    let mut scene = scene();
    let inside = come(&mut scene);
    scene.set_policy(Policy { password: Some(Secret::new("pw")), ..Policy::default() });
    let outside = scene.arrive(Origin::default(), true);
    hear(&mut scene, outside);
    let console = scene.arrive(Origin { local: true, ..Origin::default() }, false);
    let heard = say(&mut scene, inside, "/nick bob\n/msg guest2 hello\n/invite guest2");
    assert_eq!(heard.matches("! nobody here is called guest2").count(), 2, "{heard}");
    say(&mut scene, console, "/admin announce for those inside");
    assert_eq!(hear(&mut scene, outside), "");
}

//! What a session may not, and why. How it is worded is the dialects' affair.

use crate::{List, MaskError, NameError, Nick, NoNote, RoomName, Seq, Text, Unfit};

/// What a session may not, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No person can be called that.
    BadNick(String, NameError),
    /// Somebody is called that.
    NickInUse(Nick),
    /// No room can be called that.
    BadRoom(String, NameError),
    /// The session is in as many rooms as it may be, and was to come into that one.
    TooManyRooms(usize, RoomName),
    /// The hall has as many rooms as it may have, and was to get that one.
    HallFull(usize, RoomName),
    /// There is no such room.
    NoSuchRoom(RoomName),
    /// The session is not in that room.
    NotInRoom(RoomName),
    /// The session is in no room and named none.
    Nowhere,
    /// There is no such message here, or none that could still be taken back.
    NoSuchMessage(Seq),
    /// There is nobody else whom the session could be told of.
    TooManyMonitored(usize, Vec<Nick>),
    /// Nobody is called that.
    NoSuchPerson(Nick),
    /// A direct message to oneself.
    ToYourself,
    /// The topic is longer than this many characters.
    TopicTooLong(usize),
    /// The reason is longer than this many characters.
    ReasonTooLong(usize),
    /// The ledger did not take it.
    NotRecorded,
    /// The ledger did not take it: its disk is full.
    DiskFull,
    /// The ledger did not take it: it can only be read.
    ReadOnly,
    /// The person has said nothing lately that could be taken back.
    NothingToRedact,
    /// The ledger could not be read.
    NotRead,
    /// The client has taken too long, or asked for too much, without having been let in, and is closed.
    NotLetIn,
    /// The hall's password is asked for first.
    PasswordFirst,
    /// An account is asked for first.
    AccountFirst,
    /// Guests only listen here.
    GuestsListen,
    /// That is not the password, or there is no such account: which of them, nobody is told.
    WrongPassword,
    /// There were too many wrong passwords.
    TooManyFailures,
    /// There is too much work with passwords at the moment.
    Busy,
    /// It cannot be a password.
    Unfit(Unfit),
    /// Accounts are made by admins here.
    RegistrationClosed,
    /// So many accounts were made from this address lately.
    TooManyRegistrations,
    /// The hall has as many accounts as it may have.
    TooManyAccounts(usize),
    /// A nick has to be chosen first.
    ChooseNick,
    /// The session is the person of an account already.
    HasAccount(Nick),
    /// The session has no account.
    NoAccount,
    /// That nick belongs to an account.
    NickRegistered(Nick),
    /// That nick could be taken for this one, which belongs to an account.
    LooksLike(Nick, Nick),
    /// Nicks are changed no more often than so many times a minute.
    TooManyNicks(u32),
    /// There are as many of those as there may be.
    TooMany(usize),
    /// The room's lists hold as many masks together as they may, and that one was to get another.
    ListFull(usize, RoomName, List),
    /// The account has no such nick, or needs it.
    NotYourNick(Nick),
    /// The session has shown no certificate.
    NoCertificate,
    /// The certificate belongs to another account.
    CertificateTaken,
    /// The account owns these rooms: they have to be given away first.
    OwnsRooms(Vec<RoomName>),
    /// There is no such account.
    NoSuchAccount(Nick),
    /// The account is kept out of the hall, for this reason.
    AccountBarred(Text),
    /// Only who was asked in comes into that room.
    InviteOnly(RoomName),
    /// That room has a key, and this was not it.
    WrongKey(RoomName),
    /// That room is full.
    RoomFull(RoomName),
    /// Only members come into that room.
    MembersOnly(RoomName),
    /// Only those with an account come into that room.
    AccountsOnly(RoomName),
    /// The person is banned from that room.
    Banned(RoomName),
    /// The person may not speak in that room.
    MayNotSpeak(RoomName),
    /// Only so many seconds after the last message.
    SlowDown(u64),
    /// That takes an operator of the room.
    NotOperator(RoomName),
    /// That takes the owner of the room.
    NotOwner(RoomName),
    /// That takes an admin of the hall.
    NotAdmin,
    /// That person is as much in the room, or more.
    NotAbove(Nick),
    /// That person is not in the room.
    NotThere(Nick, RoomName),
    /// That person is in the room already.
    AlreadyThere(Nick, RoomName),
    /// The room has an owner.
    RoomOwned(RoomName),
    /// The room has no owner.
    RoomNotOwned(RoomName),
    /// That cannot be done with this room.
    NotWithThis(RoomName),
    /// That room cannot be called so: another one is, or it is called so already.
    RoomNameInUse(RoomName, RoomName),
    /// That room cannot be called otherwise, or no room can be called so.
    NotToBeRenamed(RoomName, RoomName),
    /// That room was renamed a short time ago; it can be in so many seconds.
    RenamedLately(RoomName, RoomName, u64),
    /// The room of the first name has the second one now.
    RoomRenamed(RoomName, RoomName),
    /// It is no mask.
    BadMask(String, MaskError),
    /// There is no such thing in the list.
    NotListed(String),
    /// It is no address and no network.
    BadNetwork(String),
    /// That cannot be noted, or asked for.
    NotNoted(Box<NoNote>),
}

//! What SQLite's errors mean to a ledger.

use rusqlite::ErrorCode;

use crate::Error;

/// An error of SQLite's in the ledger's words.
pub(crate) fn failed(error: rusqlite::Error) -> Error {
    let rusqlite::Error::SqliteFailure(what, _) = &error else {
        // A column of another type, a row too few: not what was written.
        return Error::Corrupt(error.to_string());
    };
    match what.code {
        ErrorCode::DiskFull => Error::Full,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Error::ReadOnly,
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::FileLockingProtocolFailed => Error::Busy,
        ErrorCode::DatabaseCorrupt => Error::Corrupt(error.to_string()),
        ErrorCode::NotADatabase => Error::NotOurs,
        _ => Error::Io(std::io::Error::other(error.to_string())),
    }
}

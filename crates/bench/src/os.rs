//! What only the C library can do for us: the one module of this crate that is allowed `unsafe`.
//!
//! The clock of *another* process's CPU time is the measure of all the figures (nanoseconds, every thread of it, those
//! that have ended too), and no safe wrapper reaches it; and a started server must end with us however we end, which
//! has to be said between `fork` and `exec`. Each `unsafe` block says why it is sound; nothing of libc leaks out.
#![allow(unsafe_code)]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

/// The kernel's bound of process numbers (`PID_MAX_LIMIT`).
const PID_MAX: u32 = 1 << 22;

/// The clock of the CPU time that a process has used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CpuClock(libc::clockid_t);

impl CpuClock {
    /// The clock of the process `pid`, which must be running.
    pub(crate) fn of(pid: u32) -> io::Result<Self> {
        // 0 would be ourselves, and a number beyond those of processes would wrap into another one.
        if !(1..=PID_MAX).contains(&pid) {
            return Err(io::Error::from(io::ErrorKind::InvalidInput));
        }
        let mut clock: libc::clockid_t = 0;
        // SAFETY: `clock` is a valid place to write to for the length of the call, and that is all the call asks for.
        match unsafe { libc::clock_getcpuclockid(pid as libc::pid_t, &raw mut clock) } {
            0 => Ok(Self(clock)),
            code => Err(io::Error::from_raw_os_error(code)),
        }
    }

    /// The CPU time used so far, by the process and by the kernel for it. Fails when the process has ended.
    pub(crate) fn now(self) -> io::Result<Duration> {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: `time` is a valid place to write to for the length of the call; a clock that is gone is an error.
        if unsafe { libc::clock_gettime(self.0, &raw mut time) } != 0 {
            return Err(io::Error::last_os_error());
        }
        let bad = |_| io::Error::from(io::ErrorKind::InvalidData);
        Ok(Duration::new(u64::try_from(time.tv_sec).map_err(bad)?, u32::try_from(time.tv_nsec).map_err(bad)?))
    }
}

/// Has the kernel kill what `command` starts when the thread that starts it ends, in whatever way.
pub(crate) fn die_with_parent(command: &mut Command) {
    // SAFETY: the closure runs in the child between fork and exec, where only async-signal-safe calls are allowed. It
    // makes one `prctl` call and allocates nothing.
    unsafe {
        command.pre_exec(|| match libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_cpu_time_grows_while_we_work() {
        let clock = CpuClock::of(std::process::id()).unwrap();
        let before = clock.now().unwrap();
        while clock.now().unwrap() < before + Duration::from_millis(2) {}
    }

    #[test]
    fn a_process_that_is_not_there_is_an_error() {
        let mut child = Command::new("true").spawn().unwrap();
        child.wait().unwrap();
        for pid in [0, child.id(), PID_MAX + 1, u32::MAX] {
            assert!(CpuClock::of(pid).is_err(), "{pid}");
        }
    }
}

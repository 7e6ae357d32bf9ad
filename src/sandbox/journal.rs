//! What the sandbox knows, on disk before anybody is answered.
//!
//! One line is one change of the world: a JSON array of records, flushed to the disk when it is written. A last line
//! that a crash cut off was never answered, so it never happened.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use chrono::TimeDelta;

use super::SandboxError;
use super::world::Record;

const JOURNAL: &str = "sandbox.journal";
const REWRITTEN: &str = "sandbox.journal.new";
const LOCK: &str = "sandbox.lock";

/// The open journal. Only one sandbox at a time has it.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Held for as long as the journal is open.
    _lock: File,
}

impl Journal {
    /// Opens the journal of a folder and rewrites it as short as it can be: one line for each thing that `restore`
    /// made of the old lines.
    pub(super) fn open(data: &Path, restore: impl FnOnce(Vec<Record>) -> Vec<Record>) -> Result<Self, SandboxError> {
        std::fs::create_dir_all(data).map_err(trouble(data))?;
        let lock_path = data.join(LOCK);
        let lock = File::create(&lock_path).map_err(trouble(&lock_path))?;
        lock.try_lock().map_err(|_held| SandboxError::InUse { data: data.to_owned() })?;
        let snapshot = restore(read(data)?);
        let (path, rewritten) = (data.join(JOURNAL), data.join(REWRITTEN));
        let mut file = File::create(&rewritten).map_err(trouble(&rewritten))?;
        for record in snapshot {
            file.write_all(line(&[record])?.as_bytes()).map_err(trouble(&rewritten))?;
        }
        file.sync_all().map_err(trouble(&rewritten))?;
        std::fs::rename(&rewritten, &path).map_err(trouble(&path))?;
        File::open(data).and_then(|folder| folder.sync_all()).map_err(trouble(data))?;
        let file = OpenOptions::new().append(true).open(&path).map_err(trouble(&path))?;
        Ok(Self { path, file, _lock: lock })
    }

    /// Writes one change down; when this returns it survives a crash.
    pub(super) fn append(&mut self, records: &[Record]) -> Result<(), SandboxError> {
        self.file.write_all(line(records)?.as_bytes()).map_err(trouble(&self.path))?;
        self.file.sync_data().map_err(trouble(&self.path))
    }
}

/// How far domain time was moved when the sandbox of this folder last wrote anything down.
pub fn stored_offset(data: &Path) -> Result<TimeDelta, SandboxError> {
    let mut offsets = read(data)?.into_iter().filter_map(|record| match record {
        Record::Offset(millis) => Some(TimeDelta::milliseconds(millis)),
        Record::Payment(_)
        | Record::Registration(_)
        | Record::RegistrationGone(_)
        | Record::Delivery(_)
        | Record::DeliveryGone(_)
        | Record::Code(_)
        | Record::CodeGone { .. }
        | Record::Scan(_)
        | Record::Callback(_)
        | Record::CallbackGone(_)
        | Record::Kept(_)
        | Record::TokenKey(_)
        | Record::Askell(_) => None,
    });
    Ok(offsets.next_back().unwrap_or_default())
}

fn read(data: &Path) -> Result<Vec<Record>, SandboxError> {
    let path = data.join(JOURNAL);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(trouble(&path)(cause)),
    };
    // Only what ends in a line break was written to its end.
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').and_then(|end| bytes.get(..end)).unwrap_or_default();
    let mut records = Vec::new();
    for (number, line) in whole.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        let change: Vec<Record> = serde_json::from_slice(line).map_err(|source| SandboxError::CorruptJournal {
            path: path.clone(),
            line: number + 1,
            source,
        })?;
        records.extend(change);
    }
    Ok(records)
}

fn line(records: &[Record]) -> Result<String, SandboxError> {
    let mut line = serde_json::to_string(records).map_err(|source| SandboxError::CorruptJournal {
        path: PathBuf::from(JOURNAL),
        line: 0,
        source,
    })?;
    line.push('\n');
    Ok(line)
}

fn trouble(path: &Path) -> impl FnOnce(std::io::Error) -> SandboxError {
    let path = path.to_owned();
    move |source| SandboxError::Journal { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(data: &Path) -> Vec<i64> {
        let only = |record| if let Record::Offset(millis) = record { Some(millis) } else { None };
        read(data).expect("readable").into_iter().filter_map(only).collect()
    }

    fn append_raw(data: &Path, text: &str) {
        let mut file = OpenOptions::new().append(true).open(data.join(JOURNAL)).expect("the journal");
        file.write_all(text.as_bytes()).expect("written");
    }

    #[test]
    fn what_is_appended_is_read_again_and_a_torn_line_is_not() {
        let data = tempfile::tempdir().expect("a folder");
        let mut journal = Journal::open(data.path(), |old| old).expect("opened");
        journal.append(&[Record::Offset(1), Record::Offset(2)]).expect("written");
        drop(journal);
        append_raw(data.path(), "[{\"offset\":3}");
        assert_eq!(offsets(data.path()), [1, 2]);
        assert_eq!(stored_offset(data.path()).expect("read"), TimeDelta::milliseconds(2));
        let mut journal = Journal::open(data.path(), |old| old).expect("opened again");
        journal.append(&[Record::Offset(4)]).expect("written");
        assert_eq!(offsets(data.path()), [1, 2, 4]);
    }

    #[test]
    fn a_broken_line_in_the_middle_is_an_error() {
        let data = tempfile::tempdir().expect("a folder");
        drop(Journal::open(data.path(), |old| old).expect("opened"));
        append_raw(data.path(), "nonsense\n[{\"offset\":3}]\n");
        assert!(matches!(stored_offset(data.path()), Err(SandboxError::CorruptJournal { line: 1, .. })));
    }

    #[test]
    fn a_folder_has_one_sandbox() {
        let data = tempfile::tempdir().expect("a folder");
        let _first = Journal::open(data.path(), |old| old).expect("opened");
        assert!(matches!(Journal::open(data.path(), |old| old), Err(SandboxError::InUse { .. })));
    }
}

//! Reads users from a CSV file, as a spreadsheet writes it. Every row is checked before the first is saved, and what is
//! wrong is told with the row's number. Nothing here touches the database.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use csv::StringRecord;

/// The largest file, in bytes.
pub const IMPORT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How many users one file may hold.
pub const IMPORT_ROWS_MAX: usize = 10_000;

/// How many groups one user may be put in by one file.
pub const IMPORT_GROUPS_MAX: usize = 50;

/// How many complaints are listed; who has more mends these first.
const ERRORS_MAX: usize = 50;

/// The columns, in the order of the documentation. The first three must be there; any order will do.
const COLUMNS: [&str; 5] = ["email", "first_name", "last_name", "phone", "groups"];

/// The longest name, in characters.
const NAME_MAX: usize = 100;

/// The longest address that mail servers take.
const EMAIL_MAX: usize = 254;

/// One user of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedUser {
    /// The row in the file; the first one after the header is 2.
    pub row: u64,
    /// The address, in small letters.
    pub email: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// The phone number, if there is one.
    pub phone: Option<String>,
    /// The groups.
    pub groups: Vec<ImportedMembership>,
}

/// A place in a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedMembership {
    /// The group's slug.
    pub slug: String,
    /// The role there.
    pub role: ImportedRole,
}

/// A role in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportedRole {
    /// `member`.
    Member,
    /// `leader`.
    Leader,
}

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct RowError {
    /// The row in the file; the header is 1.
    pub row: u64,
    /// What is wrong, without the value: the file holds people.
    pub reason: String,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: {}", self.row, self.reason)
    }
}

/// The file is larger than one import takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file is over {} MB; split it", IMPORT_BYTES_MAX / 1024 / 1024)]
pub struct TooLarge;

/// Reads the whole file, or says what is wrong with it, row by row.
pub fn parse(text: &str) -> Result<Vec<ImportedUser>, Vec<RowError>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let wrong = |row, reason: &str| RowError { row, reason: reason.to_owned() };
    if text.len() > IMPORT_BYTES_MAX {
        return Err(vec![wrong(1, &TooLarge.to_string())]);
    }
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(text))
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let columns = reader.headers().map_err(|_told_below| vec![wrong(1, "this is no CSV")]).and_then(Columns::of)?;
    let (mut users, mut errors) = (Vec::new(), Vec::new());
    let mut rows_of = BTreeMap::new();
    for record in reader.records() {
        let Ok(record) = record else {
            errors.push(wrong(0, "the file stops being CSV"));
            break;
        };
        let row = record.position().map_or(0, csv::Position::line);
        if record.iter().all(str::is_empty) {
            continue;
        }
        if users.len() == IMPORT_ROWS_MAX {
            errors.push(wrong(row, &format!("one import takes {IMPORT_ROWS_MAX} users; split the file")));
            break;
        }
        match columns.user(row, &record) {
            Ok(user) => {
                if let Some(first) = rows_of.insert(user.email.clone(), row) {
                    errors.push(wrong(row, &format!("the email is in row {first} already")));
                }
                users.push(user);
            }
            Err(reasons) => errors.extend(reasons.into_iter().map(|reason| RowError { row, reason })),
        }
        if errors.len() >= ERRORS_MAX {
            errors.truncate(ERRORS_MAX);
            break;
        }
    }
    if errors.is_empty() { Ok(users) } else { Err(errors) }
}

/// Comma, or the semicolon that spreadsheets in Norwegian write.
fn delimiter(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    if header.contains(';') && !header.contains(',') { b';' } else { b',' }
}

/// Where each column stands.
struct Columns {
    places: BTreeMap<&'static str, usize>,
    count: usize,
}

impl Columns {
    fn of(header: &StringRecord) -> Result<Self, Vec<RowError>> {
        let mut places = BTreeMap::new();
        let mut errors = Vec::new();
        let mut wrong = |reason: String| errors.push(RowError { row: 1, reason });
        for (place, name) in header.iter().enumerate() {
            match COLUMNS.into_iter().find(|column| column.eq_ignore_ascii_case(name)) {
                None => wrong(format!("column {} is none of {}", place + 1, COLUMNS.join(", "))),
                Some(column) => {
                    if places.insert(column, place).is_some() {
                        wrong(format!("the column {column} is there twice"));
                    }
                }
            }
        }
        for column in COLUMNS.into_iter().take(3).filter(|column| !places.contains_key(column)) {
            wrong(format!("the column {column} is missing"));
        }
        if errors.is_empty() { Ok(Self { places, count: header.len() }) } else { Err(errors) }
    }

    fn cell<'a>(&self, record: &'a StringRecord, column: &str) -> &'a str {
        self.places.get(column).and_then(|place| record.get(*place)).unwrap_or_default()
    }

    fn user(&self, row: u64, record: &StringRecord) -> Result<ImportedUser, Vec<String>> {
        if record.len() > self.count {
            return Err(vec![format!("{} cells, where the header has {}", record.len(), self.count)]);
        }
        let mut wrong = Vec::new();
        let email = self.cell(record, "email").to_lowercase();
        if !is_email(&email) {
            wrong.push("email is no email address".to_owned());
        }
        for column in ["first_name", "last_name"] {
            let name = self.cell(record, column);
            if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
                wrong.push(format!("{column} is 1 to {NAME_MAX} characters on one line"));
            }
        }
        let phone = self.cell(record, "phone");
        if !phone.is_empty() && !is_phone(phone) {
            wrong.push("phone is 5 to 20 digits, with + and spaces".to_owned());
        }
        let groups = groups(self.cell(record, "groups")).unwrap_or_else(|reason| {
            wrong.push(reason);
            Vec::new()
        });
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(ImportedUser {
            row,
            email,
            first_name: self.cell(record, "first_name").to_owned(),
            last_name: self.cell(record, "last_name").to_owned(),
            phone: Some(phone.to_owned()).filter(|phone| !phone.is_empty()),
            groups,
        })
    }
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    text.len() <= EMAIL_MAX
        && (1..=64).contains(&local.len())
        && local.chars().all(|c| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c))
        && domain.contains('.')
        && domain.chars().all(plain)
        && domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let rest = text.strip_prefix('+').unwrap_or(text);
    (5..=20).contains(&digits) && rest.chars().all(|c| c.is_ascii_digit() || c == ' ')
}

/// Reads `slug:role;slug2:role`.
fn groups(cell: &str) -> Result<Vec<ImportedMembership>, String> {
    let mut seen = BTreeSet::new();
    let mut groups = Vec::new();
    for (place, part) in cell.split(';').map(str::trim).filter(|part| !part.is_empty()).enumerate() {
        let number = place + 1;
        if number > IMPORT_GROUPS_MAX {
            return Err(format!("groups: at most {IMPORT_GROUPS_MAX}"));
        }
        let (slug, role) = part.split_once(':').unwrap_or((part, ""));
        let (slug, role) = (slug.trim(), role.trim());
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=64).contains(&slug.len()) || !slug.bytes().all(plain) {
            return Err(format!("groups, number {number}: a slug is 1 to 64 of a-z, 0-9 and -"));
        }
        let role = match role {
            "member" => ImportedRole::Member,
            "leader" => ImportedRole::Leader,
            _ => return Err(format!("groups, number {number}: write {slug}:member or {slug}:leader")),
        };
        if !seen.insert(slug) {
            return Err(format!("groups: {slug} is there twice"));
        }
        groups.push(ImportedMembership { slug: slug.to_owned(), role });
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Users as `email|first|last|phone|groups`, or complaints as their lines.
    fn read(text: &str) -> Vec<String> {
        match parse(text) {
            Ok(users) => users.iter().map(shown).collect(),
            Err(errors) => errors.iter().map(RowError::to_string).collect(),
        }
    }

    fn shown(user: &ImportedUser) -> String {
        let groups: Vec<String> = user.groups.iter().map(|group| format!("{}:{:?}", group.slug, group.role)).collect();
        let phone = user.phone.as_deref().unwrap_or("-");
        format!("{}|{}|{}|{phone}|{}", user.email, user.first_name, user.last_name, groups.join(" "))
    }

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(read(text), expected, "{text:?}");
    }

    const HEADER: &str = "email,first_name,last_name,phone,groups\n";

    #[track_caller]
    fn check_row(row: &str, expected: &[&str]) {
        check(&format!("{HEADER}{row}\n"), expected);
    }

    #[test]
    fn users_are_read_as_spreadsheets_write_them() {
        check_row(
            "Ida@Example.org,Ida,Ås,+47 900 00 001,hs:leader;sosialen:member",
            &["ida@example.org|Ida|Ås|+47 900 00 001|hs:Leader sosialen:Member"],
        );
        check_row(" a@b.no , Ola ,\"Nord, mann\",,", &["a@b.no|Ola|Nord, mann|-|"]);
        check_row("a@b.no,Ola,Nordmann", &["a@b.no|Ola|Nordmann|-|"]);
        check(
            "\u{feff}last_name;email;first_name;groups\r\nÅs;a@b.no;Ida;\"hs:member;k:leader\"\r\n;;;\r\n",
            &["a@b.no|Ida|Ås|-|hs:Member k:Leader"],
        );
        check(HEADER, &[]);
    }

    #[test]
    fn a_header_must_be_whole_and_known() {
        check(
            "",
            &[
                "row 1: the column email is missing",
                "row 1: the column first_name is missing",
                "row 1: the column last_name is missing",
            ],
        );
        check(
            "email,first_name,last_name,shoe\n",
            &["row 1: column 4 is none of email, first_name, last_name, phone, groups"],
        );
        check("email,first_name,last_name,Email\n", &["row 1: the column email is there twice"]);
    }

    #[test]
    fn what_is_wrong_is_told_by_row_and_without_the_value() {
        for bad in
            ["", "ida", "ida@", "@b.no", "i da@b.no", "ida@b", "ida@b..no", "ida@@b.no", "ida@b.no\u{7f}x", "<i@b.no>"]
        {
            check_row(&format!("{bad},Ida,Ås,,"), &["row 2: email is no email address"]);
        }
        check_row("a@b.no,,Ås,,", &["row 2: first_name is 1 to 100 characters on one line"]);
        check_row(
            &format!("a@b.no,Ida,{},,", "x".repeat(101)),
            &["row 2: last_name is 1 to 100 characters on one line"],
        );
        check_row("a@b.no,Ida,Ås,call me,", &["row 2: phone is 5 to 20 digits, with + and spaces"]);
        check_row("a@b.no,Ida,Ås,,hs", &["row 2: groups, number 1: write hs:member or hs:leader"]);
        check_row("a@b.no,Ida,Ås,,hs:king", &["row 2: groups, number 1: write hs:member or hs:leader"]);
        check_row("a@b.no,Ida,Ås,,HS:member", &["row 2: groups, number 1: a slug is 1 to 64 of a-z, 0-9 and -"]);
        check_row("a@b.no,Ida,Ås,,hs:member;hs:leader", &["row 2: groups: hs is there twice"]);
        check_row("a@b.no,Ida,Ås,,,extra", &["row 2: 6 cells, where the header has 5"]);
    }

    #[test]
    fn an_address_stands_in_a_file_once() {
        check(
            &format!("{HEADER}a@b.no,Ida,Ås,,\nc@b.no,Ola,Ås,,\nA@B.no,Ida,Ås,,\n"),
            &["row 4: the email is in row 2 already"],
        );
    }

    #[test]
    fn files_and_complaints_have_limits() {
        let many: String = (0..=IMPORT_ROWS_MAX).map(|number| format!("m{number}@b.no,A,B,,\n")).collect();
        check(&format!("{HEADER}{many}"), &["row 10002: one import takes 10000 users; split the file"]);
        let bad = "x,A,B,,\n".repeat(500);
        assert_eq!(parse(&format!("{HEADER}{bad}")).unwrap_err().len(), ERRORS_MAX);
        assert_eq!(read(&"x".repeat(IMPORT_BYTES_MAX + 1)), ["row 1: the file is over 4 MB; split it"]);
    }
}

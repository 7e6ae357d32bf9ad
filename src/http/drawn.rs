//! Codes that phones scan, drawn as SVG: on pages, and on a sheet of paper for the door. Whatever is written beside one
//! is text and nothing else.

use askama::Template;
use qrcode::{Color, EcLevel, QrCode};

use super::error::ApiError;

/// The empty modules around a code without which phones do not find it (ISO/IEC 18004, "quiet zone").
const QUIET: usize = 4;

/// A code as the path of an SVG in a square of `side` modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Drawn {
    /// The length of a side, with the quiet zone.
    pub(crate) side: usize,
    /// The dark modules, row by row.
    pub(crate) path: String,
}

/// Draws a code that says this. What is too long for any code cannot be drawn.
pub(crate) fn draw(content: &str) -> Result<Drawn, ApiError> {
    let code = QrCode::with_error_correction_level(content.as_bytes(), EcLevel::M)
        .map_err(|cause| ApiError::Bug(format!("a code cannot be drawn: {cause}")))?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width.max(1)).enumerate() {
        let mut x = 0;
        for stretch in row.chunk_by(|one, next| one == next) {
            if stretch.first() == Some(&Color::Dark) {
                path.push_str(&format!("M{} {}h{}v1h-{}z", x + QUIET, y + QUIET, stretch.len(), stretch.len()));
            }
            x += stretch.len();
        }
    }
    Ok(Drawn { side: width + 2 * QUIET, path })
}

/// A sheet for the door: the code, what it is for and where it hangs.
#[derive(Template)]
#[template(path = "pages/sheet.svg", escape = "html")]
pub(crate) struct Sheet<'s> {
    /// What to do, in the reader's language.
    pub(crate) call: &'s str,
    /// The event, line by line.
    pub(crate) title: &'s [String],
    /// Where it hangs.
    pub(crate) location: &'s str,
    /// The code.
    pub(crate) drawn: &'s Drawn,
}

/// The most characters of a line on a sheet.
const LINE_MAX: usize = 30;
/// The most lines.
const LINES_MAX: usize = 3;

/// A title as lines that fit beside each other on a sheet; what does not is cut.
pub(crate) fn lines(title: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in title.split_whitespace() {
        let word: String = word.chars().take(LINE_MAX).collect();
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= LINE_MAX => {
                line.push(' ');
                line.push_str(&word);
            }
            Some(_) | None => lines.push(word),
        }
    }
    if lines.len() > LINES_MAX {
        lines.truncate(LINES_MAX);
        if let Some(last) = lines.last_mut() {
            last.push('…');
        }
    }
    lines
}

impl Sheet<'_> {
    /// Where the lines of the title stand.
    fn rows(&self) -> Vec<(usize, &str)> {
        self.title.iter().enumerate().map(|(row, line)| (150 + row * 44, line.as_str())).collect()
    }

    /// How large a module is when the code is 440 wide.
    fn scale(&self) -> String {
        let thousandths = 440_000 / self.drawn.side.max(1);
        format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_finders_and_its_quiet_zone() {
        let drawn = draw("https://qr.example/door-1").unwrap();
        assert!(drawn.side >= 21 + 2 * QUIET && (drawn.side - 2 * QUIET - 17).is_multiple_of(4));
        // The finder in the corner: seven dark modules in its first row.
        assert!(drawn.path.starts_with("M4 4h7v1h-7z"), "{}", drawn.path);
        assert_eq!(draw("https://qr.example/door-1").unwrap(), drawn);
        assert!(draw(&"x".repeat(4_000)).is_err());
    }

    #[test]
    fn a_title_stays_on_the_sheet() {
        assert_eq!(lines("Julebord"), ["Julebord"]);
        assert_eq!(lines(""), Vec::<String>::new());
        assert_eq!(lines("Et ganske langt navn på en fest").len(), 2);
        let endless = lines(&"fest ".repeat(100));
        assert_eq!(endless.len(), LINES_MAX);
        assert!(endless.iter().all(|line| line.chars().count() <= LINE_MAX + 1));
        assert_eq!(lines(&"x".repeat(99)), ["x".repeat(LINE_MAX)]);
    }

    #[test]
    fn a_sheet_is_text_and_a_code() {
        let drawn = draw("https://qr.example/door-1").unwrap();
        let title = lines("Fest <script>");
        let sheet = Sheet { call: "Skann", title: &title, location: "Inngang & bar", drawn: &drawn };
        let svg = sheet.render().unwrap();
        assert!(svg.starts_with("<svg") && !svg.contains("<script") && svg.contains("Inngang &"), "{svg}");
        assert!(svg.contains(&drawn.path));
    }
}

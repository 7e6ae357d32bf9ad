//! The page: what it looks like, and that nobody writes into it but us.

use insta::assert_snapshot;

use super::*;

#[test]
fn the_page_of_a_letter() {
    let news = News::PayBefore { due: due(), by_organizer: false };
    assert_snapshot!(compose_for("nb", &news, |_| {}).html, @r##"
    <!doctype html>
    <html lang="nb">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="supported-color-schemes" content="light dark">
    <meta name="x-apple-disable-message-reformatting">
    <meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
    <title>Betal i tide, så er plassen din: Julebord</title>
    <style>
    :root { color-scheme: light dark; supported-color-schemes: light dark; }
    @media (prefers-color-scheme: dark) {
      .ground { background: #141312 !important; }
      .paper { background: #211f1d !important; }
      .wash { background: #332a18 !important; }
      .ink { color: #f3efe9 !important; }
      .quiet { color: #b3aba1 !important; }
      .line { border-color: #47423c !important; }
    }
    </style>
    </head>
    <body class="ground" style="margin:0;padding:0;background:#efece6">
    <div style="display:none;max-height:0;overflow:hidden" aria-hidden="true">Betal 250 kr med Vipps før fredag 4. desember kl. 09.30.</div>
    <div role="main">
    <table role="presentation" class="ground" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#efece6">
    <tr><td align="center" style="padding:24px 12px 40px">
    <table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px;font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;font-size:17px;line-height:1.5;text-align:left">
    <tr><td class="quiet" style="padding:0 4px 14px;font-weight:600;color:#645f58">Studentforeningen</td></tr>
    <tr><td class="paper" style="padding:32px 28px;background:#fffdfa;border-radius:18px">
    <h1 class="ink" style="margin:0;font-size:28px;line-height:1.2;letter-spacing:-.015em;color:#1d1b19">Betal i tide, så er plassen din</h1>
    <p class="ink" style="margin:20px 0 0;color:#1d1b19">Hei Ida!</p>
    <p class="ink" style="margin:16px 0 0;color:#1d1b19">Vi holder av en plass til deg.</p>
    <div class="line" style="margin:24px 0 0;padding:18px 0;border-top:2px dashed #cfc8bd;border-bottom:2px dashed #cfc8bd">
    <p class="ink" style="margin:0;font-size:21px;line-height:1.3;font-weight:700;color:#1d1b19">Julebord</p>
    <p class="ink" style="margin:8px 0 0;color:#1d1b19"><span class="quiet" style="color:#645f58">Når:</span> lørdag 12. desember kl. 18.00</p>
    <p class="ink" style="margin:4px 0 0;color:#1d1b19"><span class="quiet" style="color:#645f58">Hvor:</span> Festsalen</p>
    </div>
    <p class="ink wash" style="margin:20px 0 0;padding:16px 18px;border-radius:12px;background:#fbf1dc;font-weight:600;color:#1d1b19">Betal 250 kr med Vipps før fredag 4. desember kl. 09.30.</p>
    <p class="ink" style="margin:16px 0 0;color:#1d1b19">Fristen går ut om 1 time og 30 minutter. Etter det går plassen videre til noen andre.</p>
    <table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0 0"><tr><td align="center" bgcolor="#cf3c0a" style="border-radius:999px;background:#cf3c0a"><a href="https://plass.example.org/pay/t0ken" style="display:block;padding:16px 24px;border-radius:999px;font-size:20px;line-height:1.3;font-weight:700;color:#ffffff;text-align:center;text-decoration:none">Betal med Vipps</a></td></tr></table>
    <p class="ink" style="margin:16px 0 0;color:#1d1b19">Kan du ikke komme likevel? Meld deg av, så får noen andre plassen.</p>
    <p class="ink" style="margin:16px 0 0;color:#1d1b19"><a class="ink" href="https://medlem.example.org/e/00000000-0000-0000-0000-000000000007" style="color:#1d1b19;text-decoration:underline">Se arrangementet</a></p>
    </td></tr>
    <tr><td class="quiet" style="padding:16px 4px 0;font-size:14px;color:#645f58">Denne meldingen er sendt automatisk.</td></tr>
    </table>
    </td></tr>
    </table>
    </div>
    </body>
    </html>
    "##);
}

#[test]
fn what_people_typed_adds_no_line_and_no_markup() {
    let typed = |facts: &mut Facts| {
        facts.event.details.title = format!("Jul\r\nBcc: all@example.org <b>{}", "x".repeat(200));
        facts.event.details.location = "<script>\nBcc: x".to_owned();
        facts.to.first_name = "<i>Ida\r\nBcc: y".to_owned();
        facts.house.organization = "A & B\nBcc: z".to_owned();
    };
    for mut news in every_news() {
        if let News::EventCancelled { reason, .. } = &mut news {
            *reason = "<u>no\r\nBcc: w".to_owned();
        }
        let letter = compose_for("nb", &news, typed);
        assert!(letter.subject.lines().count() == 1 && letter.subject.chars().count() < 150, "{}", letter.subject);
        assert!(letter.subject.ends_with('…') && letter.html.contains("&#60;b&#62;"), "{}", letter.subject);
        for markup in ["<b>", "<i>", "<u>", "<script>"] {
            assert!(!letter.html.contains(markup), "{markup} in {}", letter.html);
        }
        let mut lines = letter.subject.lines().chain(letter.text.lines());
        assert!(!lines.any(|line| line.starts_with("Bcc")), "{}", letter.text);
        for file in &letter.attachments {
            let text = String::from_utf8(file.content.clone()).unwrap();
            assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
        }
    }
}

#[test]
fn one_button_is_on_a_page() {
    for news in every_news() {
        let html = compose_for("nb", &news, |_| {}).html;
        assert_eq!(html.matches("bgcolor=").count(), 1, "{news:?}");
    }
}

#[test]
fn without_a_frontend_the_way_leads_to_our_own_page_of_the_event() {
    let own = "https://plass.example.org/events/00000000-0000-0000-0000-000000000007";
    for news in every_news() {
        let letter = compose_for("nb", &news, |facts| facts.house.frontend_event_url.clear());
        assert!(letter.html.contains(own) && letter.text.contains(own), "{}", letter.text);
    }
}

/// The colors of a text, one after the other.
fn colors(text: &str) -> std::collections::BTreeSet<String> {
    let pieces = text.split('#').skip(1);
    let hex = pieces.map(|piece| piece.chars().take_while(char::is_ascii_hexdigit).collect::<String>());
    hex.filter(|color| color.len() == 6).collect()
}

/// How bright a color is to people, by the rule of WCAG 2.
#[expect(clippy::float_arithmetic, reason = "the rule is about fractions; no money is near")]
fn luminance(color: &str) -> f64 {
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&color[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
}

#[test]
fn letters_have_the_colors_of_the_pages_and_can_be_read() {
    let letter = include_str!("../../../../templates/letters/letter.html");
    let pages = colors(include_str!("../../../../templates/pages/style.css"));
    let white = "ffffff".to_owned();
    let unknown: Vec<String> =
        colors(letter).into_iter().filter(|color| !pages.contains(color) && *color != white).collect();
    assert_eq!(unknown, Vec::<String>::new(), "no page has these");
    for (ink, ground) in [
        ("1d1b19", "fffdfa"),
        ("645f58", "fffdfa"),
        ("645f58", "efece6"),
        ("1d1b19", "fbf1dc"),
        ("ffffff", "cf3c0a"),
        ("f3efe9", "211f1d"),
        ("b3aba1", "211f1d"),
        ("b3aba1", "141312"),
        ("f3efe9", "332a18"),
    ] {
        assert!(letter.contains(ink) && letter.contains(ground), "{ink} on {ground} is no longer used");
        let (ink, ground) = (luminance(ink), luminance(ground));
        let contrast = (ink.max(ground) + 0.05) / (ink.min(ground) + 0.05);
        assert!(contrast >= 4.5, "{contrast}");
    }
}

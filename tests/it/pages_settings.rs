//! The settings on the pages: an agreement is made, gets its keys and is tried, its sales unit is made and listens; and
//! wherever money is not real, the page says so.

use plass::domain::permission::Role;
use plass::domain::sales_unit::Provider;
use serde_json::json;

use crate::support::pages::Browser;
use crate::support::world::World;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_and_its_sales_unit_are_made_on_the_pages() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let mut browser = Browser::of(&world, &admin).await;
    let page = browser.open("/manage/settings").await;
    page.expect(200, &["Innstillinger", "Fra konfigurasjonen", "Lag en avtale først", "123456"]);
    assert!(!page.reply.text.contains("value=\"production\""), "the sandbox has no real money");
    let fields = [("display_name", "Sosialen"), ("provider", "vipps_epayment"), ("environment", "test")];
    let made = browser.press(&page, "/manage/settings/agreements", &fields).await;
    let path = made.leads_to().1.to_owned();
    // Pressed twice, it is made once.
    let again = browser.press(&page, "/manage/settings/agreements", &fields).await;
    assert_eq!(again.leads_to().1, path);
    let agreement = browser.follow(&made).await;
    agreement.expect(200, &["Sosialen", "Mangler nøkler", "Test, ingen ekte penger"]);
    let tested = browser.press(&agreement, &format!("{path}/test"), &[]).await;
    tested.expect(409, &["Avtalen har ingen nøkler ennå."]);
    let keys = format!("{path}/credentials");
    let wrong = [("client_id", "a b"), ("client_secret", "sandbox-hush"), ("subscription_key", "sandbox-hush")];
    let refused = browser.press(&agreement, &keys, &wrong).await;
    refused.expect(422, &["En nøkkel har bare synlige tegn"]);
    let right =
        [("client_id", " sandbox-hush "), ("client_secret", "sandbox-hush"), ("subscription_key", "sandbox-hush")];
    let set = browser.press(&agreement, &keys, &right).await;
    let set = browser.follow(&set).await;
    set.expect(200, &["vises aldri igjen", "admin Berg", "Nøklene er ikke bekreftet"]);
    world.faults(json!([{ "on": "token", "do": "status", "status": 401, "times": 1 }])).await;
    let tested = browser.press(&set, &format!("{path}/test"), &[]).await;
    tested.expect(200, &["Vipps godtar ikke nøklene."]);
    let tested = browser.press(&set, &format!("{path}/test"), &[]).await;
    tested.expect(200, &["Forbindelsen virker", "Nøklene virker"]);
    for seen in [&refused, &set, &tested] {
        assert!(!seen.reply.text.contains("hush"), "{}", seen.reply.text);
    }
    // The sales unit.
    let page = browser.open("/manage/settings").await;
    let under = path.rsplit('/').next().unwrap().to_owned();
    let unit_of = |number: &'static str| {
        [
            ("display_name", "Sosialen"),
            ("merchant_serial_number", number),
            ("agreement", under.as_str()),
            ("group", "sosialen"),
            ("is_default", "true"),
        ]
    };
    let unit = unit_of("12");
    let refused = browser.press(&page, "/manage/settings/sales-units", &unit).await;
    refused.expect(422, &["4 til 6 sifre"]);
    let unit = unit_of("222222");
    let made = browser.press(&page, "/manage/settings/sales-units", &unit).await;
    let unit_path = made.leads_to().1.to_owned();
    world.settle().await;
    let unit = browser.follow(&made).await;
    unit.expect(200, &["222222", "sosialen", "Vår", "Sist hørt: aldri"]);
    let registered = browser.press(&unit, &format!("{unit_path}/webhooks"), &[]).await;
    browser.follow(&registered).await.expect(200, &["Webhooken er registrert på nytt."]);
    let unit = browser.open(&unit_path).await;
    let deleted = browser.press(&unit, &format!("{unit_path}/webhooks/delete"), &[]).await;
    browser.follow(&deleted).await.expect(200, &["slettet hos Vipps", "Ingen er registrert."]);
    world.provider_is_down("timeout_before").await;
    browser.language = "en";
    browser.cookies.remove("language");
    let silent = browser.open(&unit_path).await;
    assert_eq!(silent.status(), 200, "{}", silent.text());
    world.no_more_faults().await;
    browser.language = "nb";
    let off = [("display_name", "Sosialen"), ("is_default", "true"), ("disabled", "true")];
    let refused = browser.press(&unit, &unit_path, &off).await;
    refused.expect(409, &["Arrangementer bruker dette salgsstedet."]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agreement_over_ecom_moves_to_epayment_on_the_pages() {
    let world = World::begin().await;
    let admin = world.officer("admin", Role::Admin).await;
    let (agreement, unit) = world.own_unit(&admin, Provider::VippsEcom).await;
    let mut browser = Browser::of(&world, &admin).await;
    browser.open("/manage/settings").await.expect(200, &["Vipps eCom v2", "Vipps MobilePay ePayment"]);
    let unit = browser.open(&format!("/manage/settings/sales-units/{unit}")).await;
    unit.expect(200, &["Det er ingenting å registrere"]);
    assert!(!unit.reply.text.contains("Registrer på nytt"));
    let path = format!("/manage/settings/agreements/{agreement}");
    let page = browser.open(&path).await;
    page.expect(200, &["Avtalen kan flyttes til ePayment, og ikke tilbake."]);
    let fields = [("display_name", "Own"), ("provider", "vipps_epayment")];
    let moved = browser.press(&page, &path, &fields).await;
    let page = browser.follow(&moved).await;
    page.expect(200, &["Endringen er lagret.", "Vipps MobilePay ePayment"]);
    assert!(!page.reply.text.contains("ikke tilbake"), "it cannot move any more");
    let back = [("display_name", "Own"), ("provider", "vipps_ecom")];
    let refused = browser.press(&page, &path, &back).await;
    refused.expect(422, &["En avtale kan bare flyttes fra Vipps eCom til Vipps ePayment."]);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn made_up_money_is_marked_on_every_page_about_it() {
    let world = World::begin().await;
    let organizer = world.organizer().await;
    let event = world.paid_event(&organizer, 5).await;
    let ida = world.person("ida").await;
    assert_eq!(world.sign_up(&ida, &event).await.status, 201);
    world.settle().await;
    let registration = world.registration(&ida, &event).await;
    assert_eq!(registration["order"]["test_mode"], true, "{registration}");
    let link = registration["order"]["payment_link"].as_str().unwrap().to_owned();
    let path = link.strip_prefix(&world.url()).unwrap();
    let mut browser = Browser::of(&world, &organizer).await;
    let order = world.order_id(&ida, &event).await;
    for path in [path.to_owned(), format!("{path}/return"), format!("/manage/orders/{order}")] {
        browser.open(&path).await.expect(200, &["Testmodus: Ingen ekte penger."]);
    }
    browser.open("/manage/orders").await.expect(200, &["Test"]);
    let mut browser = Browser::of(&world, &ida).await;
    assert!(!browser.open("/my").await.says("Innstillinger"));
    world.end().await;
}

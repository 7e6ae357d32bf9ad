//! Cards on file as a story sees them: the provider's page on which one is typed in, and what was charged.

use serde_json::Value;

use super::people::Reply;
use super::world::{Person, World};

/// Where the provider's page for a card is.
const CARD_PAGE: &str = "/askell/card?token=";

/// True when this leads to the provider's page for a card.
pub(crate) fn is_card_page(url: &str) -> bool {
    url.contains(CARD_PAGE)
}

/// What a payment at Áskell moved, in hundredths: taken twice, as authorized and as captured, given back, and released.
pub(crate) fn moved_by_askell(payment: &Value) -> [i64; 4] {
    let amount: i64 = payment["amount"].as_str().unwrap().trim_end_matches(".0000").parse().unwrap();
    let is = |told: bool| if told { amount * 100 } else { 0 };
    let taken = is(payment["state"] == "settled");
    [taken, taken, is(!payment["transactions"][0]["refund_code"].is_null()), 0]
}

impl World {
    /// Types a card in on the provider's page; answers where the person comes back to.
    pub(crate) async fn types_in(&self, page: &str, card: &str) -> String {
        let (address, token) = page.split_once("?token=").expect("the provider's page");
        assert!(is_card_page(page), "{page}");
        let form = format!("token={token}&card={card}");
        let request = self.client.post(address).header("content-type", "application/x-www-form-urlencoded").body(form);
        let reply = self.send(request).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        reply.header("location").to_owned()
    }

    /// Opens a page as a browser does.
    pub(crate) async fn goes_to(&self, url: &str) -> Reply {
        self.send(self.client.get(url)).await
    }

    /// Asks for the page on which another card is typed in.
    pub(crate) async fn wants_another_card(&self, who: &Person, event: &str) -> Reply {
        let link = self.link(who, event).await;
        self.send(self.client.post(format!("{link}/card"))).await
    }
}

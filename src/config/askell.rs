//! Where Áskell is found. Its keys are those of agreements, so there is nothing to configure but the sandbox.

use super::VippsSettings;

/// Where Áskell's money is real.
const PRODUCTION_URL: &str = "https://askell.is/api";
/// Its test twin.
const TEST_URL: &str = "https://sandbox.askell.is/api";

impl VippsSettings {
    /// Where Áskell is found for agreements whose money is real, or is not. A house over the sandbox has nothing but
    /// the sandbox.
    pub fn askell_url_for(&self, production: bool) -> String {
        if self.is_sandbox() {
            return format!("{}/askell/api", self.base_url);
        }
        if production { PRODUCTION_URL } else { TEST_URL }.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_house_over_the_sandbox_finds_askell_there() {
        for (base_url, production, test) in [
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081/askell/api", "http://127.0.0.1:8081/askell/api"),
            ("https://api.vipps.no", PRODUCTION_URL, TEST_URL),
            ("https://apitest.vipps.no", PRODUCTION_URL, TEST_URL),
        ] {
            let vipps = VippsSettings { base_url: base_url.to_owned(), ..VippsSettings::default() };
            assert_eq!((vipps.askell_url_for(true), vipps.askell_url_for(false)), (production.into(), test.into()));
        }
    }
}

//! The sandbox over HTTP: the provider's API, the landing page, the control port and the webhooks it sends.

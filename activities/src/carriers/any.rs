//! The carriers of a deployment, of any kind.
use super::config::{CarrierConfig, Place};
use super::telnyx::notice::NoticeKey;
use super::telnyx::{Client, Telnyx};
use crate::aws::Chime;
use crate::ports::carriers::{
    Available, Carrier, CarrierError, Held, NewOrder, Offer, Order, Reservation, Search, Told,
    Upload,
};
use contract::dossier::Address;
use contract::{CarrierId, E164};

/// A carrier of any kind.
#[derive(Debug, Clone)]
pub enum Any {
    /// Amazon Chime SDK Voice.
    Chime(Chime),
    /// Telnyx.
    Telnyx(Box<Telnyx>),
}

/// The carriers that are configured.
#[derive(Debug, Clone, Default)]
pub struct Configured {
    carriers: Vec<(CarrierId, Any)>,
    notice_keys: Vec<NoticeKey>,
}

impl Configured {
    /// Makes the clients. One that cannot be made is left out, and said so in the log.
    pub fn new(configs: Vec<CarrierConfig>, chime: &Chime) -> Self {
        let mut made = Self::default();
        for CarrierConfig { id, place } in configs {
            match place {
                Place::Chime => made.carriers.push((id, Any::Chime(chime.clone()))),
                Place::Telnyx {
                    endpoint,
                    api_key,
                    connection_id,
                    public_key,
                } => match Client::new(&endpoint, &api_key) {
                    Ok(client) => {
                        let keys = public_key.iter().map(|key| NoticeKey::parse(key));
                        for key in keys {
                            match key {
                                Ok(key) => made.notice_keys.push(key),
                                Err(error) => {
                                    tracing::error!(carrier = %id, "its notices are refused: {error}");
                                }
                            }
                        }
                        let telnyx = Telnyx {
                            client,
                            connection_id,
                        };
                        made.carriers.push((id, Any::Telnyx(Box::new(telnyx))));
                    }
                    Err(error) => tracing::error!(carrier = %id, "left out: {error}"),
                },
            }
        }
        made
    }

    /// Every carrier's id.
    pub fn ids(&self) -> Vec<CarrierId> {
        self.carriers.iter().map(|(id, _)| id.clone()).collect()
    }

    /// The carrier with this id.
    pub fn get(&self, id: &CarrierId) -> Option<&Any> {
        self.carriers
            .iter()
            .find(|(known, _)| known == id)
            .map(|(_, carrier)| carrier)
    }

    /// The keys that notices of Telnyx may be signed with.
    pub fn telnyx_notice_keys(&self) -> &[NoticeKey] {
        &self.notice_keys
    }
}

impl Carrier for Any {
    async fn offers(&self) -> Result<Vec<Offer>, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.offers().await,
            Self::Telnyx(carrier) => carrier.offers().await,
        }
    }

    fn by_case(&self, country: &str) -> Option<String> {
        match self {
            Self::Chime(carrier) => carrier.by_case(country),
            Self::Telnyx(carrier) => carrier.by_case(country),
        }
    }

    async fn held(&self, number: &E164) -> Result<Held, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.held(number).await,
            Self::Telnyx(carrier) => carrier.held(number).await,
        }
    }

    async fn search(&self, search: &Search) -> Result<Vec<Available>, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.search(search).await,
            Self::Telnyx(carrier) => carrier.search(search).await,
        }
    }

    async fn reserve(&self, order: &NewOrder) -> Result<Option<Reservation>, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.reserve(order).await,
            Self::Telnyx(carrier) => carrier.reserve(order).await,
        }
    }

    async fn order(&self, order: &NewOrder) -> Result<Order, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.order(order).await,
            Self::Telnyx(carrier) => carrier.order(order).await,
        }
    }

    async fn find_order(&self, order: &NewOrder) -> Result<Option<Order>, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.find_order(order).await,
            Self::Telnyx(carrier) => carrier.find_order(order).await,
        }
    }

    async fn order_state(&self, id: &str) -> Result<Order, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.order_state(id).await,
            Self::Telnyx(carrier) => carrier.order_state(id).await,
        }
    }

    async fn upload(&self, document: &Upload) -> Result<String, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.upload(document).await,
            Self::Telnyx(carrier) => carrier.upload(document).await,
        }
    }

    async fn name_of_need(&self, need: &str) -> Result<Option<String>, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.name_of_need(need).await,
            Self::Telnyx(carrier) => carrier.name_of_need(need).await,
        }
    }

    async fn answer(&self, order: &str, answers: &[(String, String)]) -> Result<(), CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.answer(order, answers).await,
            Self::Telnyx(carrier) => carrier.answer(order, answers).await,
        }
    }

    async fn cancel_order(&self, id: &str) -> Result<(), CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.cancel_order(id).await,
            Self::Telnyx(carrier) => carrier.cancel_order(id).await,
        }
    }

    async fn lead_here(&self, number: &E164) -> Result<(), CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.lead_here(number).await,
            Self::Telnyx(carrier) => carrier.lead_here(number).await,
        }
    }

    async fn lead_no_more(&self, number: &E164) -> Result<(), CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.lead_no_more(number).await,
            Self::Telnyx(carrier) => carrier.lead_no_more(number).await,
        }
    }

    async fn tell_emergency(
        &self,
        number: &E164,
        address: &Address,
        who: &str,
    ) -> Result<Told, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.tell_emergency(number, address, who).await,
            Self::Telnyx(carrier) => carrier.tell_emergency(number, address, who).await,
        }
    }

    async fn release(&self, number: &E164) -> Result<(), CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.release(number).await,
            Self::Telnyx(carrier) => carrier.release(number).await,
        }
    }
}

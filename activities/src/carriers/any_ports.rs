//! Porting with a carrier of any kind.
use super::Any;
use crate::ports::carriers::{CarrierError, Offer, Upload};
use crate::ports::porting::{
    CarrierComment, CarrierPort, CarrierPortOut, NewPort, OutRefusal, PortFill, Portable, Porting,
};
use contract::E164;
use jiff::Timestamp;

impl Porting for Any {
    fn by_hand(&self) -> bool {
        match self {
            Self::Chime(carrier) => carrier.by_hand(),
            Self::Telnyx(carrier) => carrier.by_hand(),
        }
    }

    fn scheme(&self) -> &'static str {
        match self {
            Self::Chime(carrier) => carrier.scheme(),
            Self::Telnyx(carrier) => carrier.scheme(),
        }
    }

    fn legal_name(&self) -> String {
        match self {
            Self::Chime(carrier) => carrier.legal_name(),
            Self::Telnyx(carrier) => carrier.legal_name(),
        }
    }

    async fn takes(&self) -> Result<Option<Vec<Offer>>, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.takes().await,
            Self::Telnyx(carrier) => carrier.takes().await,
        }
    }

    async fn portability(&self, numbers: &[E164]) -> Result<Vec<Portable>, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.portability(numbers).await,
            Self::Telnyx(carrier) => carrier.portability(numbers).await,
        }
    }

    async fn find_ports(&self, key: &str) -> Result<Vec<CarrierPort>, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.find_ports(key).await,
            Self::Telnyx(carrier) => carrier.find_ports(key).await,
        }
    }

    async fn key_of_port(&self, id: &str) -> Result<Option<String>, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.key_of_port(id).await,
            Self::Telnyx(carrier) => carrier.key_of_port(id).await,
        }
    }

    async fn open_ports(&self, port: &NewPort) -> Result<Vec<CarrierPort>, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.open_ports(port).await,
            Self::Telnyx(carrier) => carrier.open_ports(port).await,
        }
    }

    async fn rename_port(&self, id: &str, key: &str) -> Result<(), CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.rename_port(id, key).await,
            Self::Telnyx(carrier) => carrier.rename_port(id, key).await,
        }
    }

    async fn port_state(&self, id: &str) -> Result<CarrierPort, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.port_state(id).await,
            Self::Telnyx(carrier) => carrier.port_state(id).await,
        }
    }

    async fn give(&self, paper: &Upload) -> Result<String, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.give(paper).await,
            Self::Telnyx(carrier) => carrier.give(paper).await,
        }
    }

    async fn fill_port(&self, id: &str, fill: &PortFill) -> Result<(), CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.fill_port(id, fill).await,
            Self::Telnyx(carrier) => carrier.fill_port(id, fill).await,
        }
    }

    async fn submit_port(&self, id: &str) -> Result<(), CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.submit_port(id).await,
            Self::Telnyx(carrier) => carrier.submit_port(id).await,
        }
    }

    async fn cancel_port(&self, id: &str) -> Result<(), CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.cancel_port(id).await,
            Self::Telnyx(carrier) => carrier.cancel_port(id).await,
        }
    }

    async fn activate_port(&self, id: &str) -> Result<(), CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.activate_port(id).await,
            Self::Telnyx(carrier) => carrier.activate_port(id).await,
        }
    }

    async fn not_led(
        &self,
        id: Option<&str>,
        numbers: &[E164],
    ) -> Result<Vec<String>, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.not_led(id, numbers).await,
            Self::Telnyx(carrier) => carrier.not_led(id, numbers).await,
        }
    }

    async fn ask_date(&self, id: &str, foc: Timestamp) -> Result<(), CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.ask_date(id, foc).await,
            Self::Telnyx(carrier) => carrier.ask_date(id, foc).await,
        }
    }

    async fn comment_port(&self, id: &str, text: &str) -> Result<(), CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.comment_port(id, text).await,
            Self::Telnyx(carrier) => carrier.comment_port(id, text).await,
        }
    }

    async fn comments(&self, id: &str) -> Result<Vec<CarrierComment>, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.comments(id).await,
            Self::Telnyx(carrier) => carrier.comments(id).await,
        }
    }

    async fn open_port_outs(&self) -> Result<Vec<CarrierPortOut>, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.open_port_outs().await,
            Self::Telnyx(carrier) => carrier.open_port_outs().await,
        }
    }

    async fn port_out(&self, id: &str) -> Result<CarrierPortOut, CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.port_out(id).await,
            Self::Telnyx(carrier) => carrier.port_out(id).await,
        }
    }

    async fn answer_port_out(
        &self,
        id: &str,
        refusal: Option<OutRefusal>,
        note: &str,
    ) -> Result<(), CarrierError> {
        match self {
            Self::Chime(carrier) => carrier.answer_port_out(id, refusal, note).await,
            Self::Telnyx(carrier) => carrier.answer_port_out(id, refusal, note).await,
        }
    }
}

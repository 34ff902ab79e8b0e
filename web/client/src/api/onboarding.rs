//! Onboardings and invitations over HTTP.

use super::{Api, Failure, Request, new_key, read, send};
use contract::RequestId;
use contract::onboarding::api::{AcceptInvitation, InvitationView, NewOnboarding, OnboardingView};

fn part(text: &str) -> String {
    String::from(js_sys::encode_uri_component(text))
}

impl Api {
    /// One onboarding.
    pub(crate) async fn onboarding(&self, id: &RequestId) -> Result<OnboardingView, Failure> {
        let path = format!("/v1/onboardings/{}", part(id.as_str()));
        read(self.authorised(Request::get(&path)).await?)
    }

    /// Begins one.
    pub(crate) async fn begin_onboarding(
        &self,
        body: &NewOnboarding,
        key: &str,
    ) -> Result<OnboardingView, Failure> {
        let request = Request::post("/v1/onboardings").json(body)?;
        read(self.once(request, key).await?)
    }

    /// Sends the invitation again.
    pub(crate) async fn invite_again(&self, id: &RequestId) -> Result<(), Failure> {
        let path = format!("/v1/onboardings/{}/invitation", part(id.as_str()));
        let request = Request::post(&path);
        self.once(request, &new_key()).await.map(drop)
    }

    /// Goes live before a number has come.
    pub(crate) async fn go_live(&self, id: &RequestId) -> Result<(), Failure> {
        let path = format!("/v1/onboardings/{}/go-live", part(id.as_str()));
        let request = Request::post(&path);
        self.once(request, &new_key()).await.map(drop)
    }

    /// Who invites whom, by the link of a mail.
    pub(crate) async fn invitation(&self, link: &str) -> Result<InvitationView, Failure> {
        let path = format!("/v1/invitations/{}", part(link));
        read(send(Request::get(&path)).await?)
    }

    /// Accepts an invitation with a password.
    pub(crate) async fn accept_invitation(
        &self,
        link: &str,
        password: &str,
    ) -> Result<(), Failure> {
        let path = format!("/v1/invitations/{}", part(link));
        let body = AcceptInvitation {
            password: password.to_owned(),
        };
        send(Request::post(&path).json(&body)?).await.map(drop)
    }
}

//! SIP rules: each number of Chime is led here by one, and by none when it is to ring no more.
use super::errors::{failed, gone_is_done};
use super::{Chime, MAX_PAGES, PAGE};
use crate::ports::carriers::CarrierError;
use aws_sdk_chimesdkvoice::types::{SipRule, SipRuleTargetApplication, SipRuleTriggerType};
use contract::E164;

impl Chime {
    /// The rules of the application whose trigger is this number.
    async fn rules_of(&self, number: &E164) -> Result<Vec<SipRule>, CarrierError> {
        let mut rules = self.rules().await?;
        rules.retain(|rule| rule.trigger_value.as_deref() == Some(number.as_str()));
        Ok(rules)
    }

    /// The rules of the application.
    pub(super) async fn rules(&self) -> Result<Vec<SipRule>, CarrierError> {
        let mut found = Vec::new();
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let list = self.client.list_sip_rules().max_results(PAGE);
            let list = list.sip_media_application_id(&self.application);
            let page = list
                .set_next_token(next.take())
                .send()
                .await
                .map_err(failed)?;
            found.extend(page.sip_rules.unwrap_or_default());
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        Ok(found)
    }

    /// Lets a rule lead calls, or not.
    async fn switch(&self, rule: &SipRule, disabled: bool) -> Result<(), CarrierError> {
        let Some(id) = &rule.sip_rule_id else {
            return Ok(());
        };
        let name = rule.name.as_deref().or(rule.trigger_value.as_deref());
        let update = self.client.update_sip_rule().sip_rule_id(id);
        let update = update.name(name.unwrap_or(id)).disabled(disabled);
        update.send().await.map(drop).map_err(failed)
    }

    /// Leads calls to a number here. Done again it changes nothing.
    pub(super) async fn add_rule(&self, number: &E164) -> Result<(), CarrierError> {
        let rules = self.rules_of(number).await?;
        if !rules.is_empty() {
            // One that was about to be deleted leads again.
            for rule in rules.iter().filter(|rule| rule.disabled == Some(true)) {
                self.switch(rule, false).await?;
            }
            return Ok(());
        }
        let target = SipRuleTargetApplication::builder()
            .sip_media_application_id(&self.application)
            .priority(1)
            .aws_region(&self.region)
            .build();
        let create = self
            .client
            .create_sip_rule()
            .name(format!("number {number}"))
            .trigger_type(SipRuleTriggerType::ToPhoneNumber)
            .trigger_value(number.as_str())
            .disabled(false)
            .target_applications(target);
        create.send().await.map(drop).map_err(failed)
    }

    /// Leads calls to a number here no more. Done again it changes nothing.
    pub(super) async fn drop_rules(&self, number: &E164) -> Result<(), CarrierError> {
        let rules = match self.rules_of(number).await {
            // An application that is gone has none.
            Err(CarrierError::NotFound(_)) => Vec::new(),
            rules => rules?,
        };
        for rule in rules {
            // A rule that is in use cannot be deleted.
            gone_is_done(self.switch(&rule, true).await)?;
            let Some(id) = rule.sip_rule_id else {
                continue;
            };
            let delete = self.client.delete_sip_rule().sip_rule_id(id);
            gone_is_done(delete.send().await.map(drop).map_err(failed))?;
        }
        Ok(())
    }
}

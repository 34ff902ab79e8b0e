//! Groups and flows.

use super::{Api, Failure, Request, read};
use contract::routing::{Flow, FlowForm, Flows, Group, GroupForm, Groups};
use contract::{FlowId, GroupId};

impl Api {
    /// The tenant's groups.
    pub(crate) async fn groups(&self) -> Result<Vec<Group>, Failure> {
        let page: Groups = read(self.authorised(Request::get("/v1/groups")).await?)?;
        Ok(page.groups)
    }

    /// The tenant's flows.
    pub(crate) async fn flows(&self) -> Result<Vec<Flow>, Failure> {
        let page: Flows = read(self.authorised(Request::get("/v1/flows")).await?)?;
        Ok(page.flows)
    }

    /// Makes a group, or changes this one.
    pub(crate) async fn keep_group(
        &self,
        group: Option<&GroupId>,
        form: &GroupForm,
        key: &str,
    ) -> Result<Group, Failure> {
        match group {
            None => read(
                self.once(Request::post("/v1/groups").json(form)?, key)
                    .await?,
            ),
            Some(id) => {
                let request = Request::put(&format!("/v1/groups/{id}")).json(form)?;
                read(self.authorised(request).await?)
            }
        }
    }

    /// Makes a flow, or changes this one.
    pub(crate) async fn keep_flow(
        &self,
        flow: Option<&FlowId>,
        form: &FlowForm,
        key: &str,
    ) -> Result<Flow, Failure> {
        match flow {
            None => read(
                self.once(Request::post("/v1/flows").json(form)?, key)
                    .await?,
            ),
            Some(id) => {
                let request = Request::put(&format!("/v1/flows/{id}")).json(form)?;
                read(self.authorised(request).await?)
            }
        }
    }

    /// Deletes a group or a flow.
    pub(crate) async fn delete_routing(&self, path: &str) -> Result<(), Failure> {
        self.authorised(Request::delete(path)).await.map(drop)
    }
}

//! A command's conversation with a server: one client, codes in, codes out.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use gantry_client::{Client, ClientError, ClientOptions, OwnedReply};
use gantry_model::{
    Actor, Channel, Command, CommandId, Namespace, Policy, Query, RejectReason, Reply, ReplyBody,
    ReplyStatus, Sku, Warehouse, Zone,
};

use crate::args::ServerAddress;
use crate::error::{CliError, Verdict};

/// A connected client with the names it has learnt.
pub(crate) struct Session {
    client: Client,
    names: BTreeMap<(Namespace, u32), String>,
    address: String,
    timeout: Duration,
}

/// Connects, and runs `conversation` to its end on this thread.
pub(crate) fn converse<Conversation>(
    address: &ServerAddress,
    conversation: impl FnOnce(Session) -> Conversation,
) -> Result<Verdict, CliError>
where
    Conversation: Future<Output = Result<Verdict, CliError>>,
{
    runtime()?.block_on(async {
        let session = Session::connect(address).await?;
        conversation(session).await
    })
}

/// A runtime on this thread alone.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| CliError::System { action: "start the runtime", source })
}

/// The id that was typed, or a new one.
pub(crate) fn id_or_new(typed: Option<CommandId>) -> CommandId {
    typed.unwrap_or_else(gantry_client::new_id)
}

/// An id as people and programs write it.
pub(crate) fn id_text(id: CommandId) -> String {
    uuid::Uuid::from_u128(id.get()).to_string()
}

impl Session {
    async fn connect(address: &ServerAddress) -> Result<Self, CliError> {
        let timeout = Duration::from_secs(address.timeout);
        let options = ClientOptions {
            connect_timeout: timeout,
            answer_timeout: timeout,
            give_up_after: timeout,
            ..ClientOptions::new(Actor::COMMAND_LINE)
        };
        let connecting = Client::connect(address.addr.as_str(), options);
        let client = within(timeout, &address.addr, connecting).await?;
        let address = address.addr.clone();
        Ok(Self { client, names: BTreeMap::new(), address, timeout })
    }

    /// Carries out a command. `Ok` is any answer to it but a malformed one.
    pub(crate) async fn command(&self, command: &Command<'_>) -> Result<OwnedReply, CliError> {
        let reply = within(self.timeout, &self.address, self.client.command(command)).await?;
        understood(reply)
    }

    /// Asks a question.
    pub(crate) async fn query(&self, query: &Query<'_>) -> Result<OwnedReply, CliError> {
        let reply = within(self.timeout, &self.address, self.client.query(query)).await?;
        understood(reply)
    }

    /// The SKU with this code.
    pub(crate) async fn sku(&mut self, code: &str) -> Result<Sku, CliError> {
        self.resolve(Namespace::Sku, code).await.map(Sku::new)
    }

    /// The warehouse with this code.
    pub(crate) async fn warehouse(&mut self, code: &str) -> Result<Warehouse, CliError> {
        self.resolve_small(Namespace::Warehouse, code).await.map(Warehouse::new)
    }

    /// The zone with this code.
    pub(crate) async fn zone(&mut self, code: &str) -> Result<Zone, CliError> {
        self.resolve_small(Namespace::Zone, code).await.map(Zone::new)
    }

    /// The channel with this code, or none.
    pub(crate) async fn channel(&mut self, code: Option<&str>) -> Result<Channel, CliError> {
        match code {
            Some(code) => self.resolve_small(Namespace::Channel, code).await.map(Channel::new),
            None => Ok(Channel::NONE),
        }
    }

    /// The policy with this code, or none.
    pub(crate) async fn policy(&mut self, code: Option<&str>) -> Result<Policy, CliError> {
        match code {
            Some(code) => self.resolve_small(Namespace::Policy, code).await.map(Policy::new),
            None => Ok(Policy::NONE),
        }
    }

    /// The code of a handle; the server is asked once.
    pub(crate) async fn name(
        &mut self,
        namespace: Namespace,
        handle: u32,
    ) -> Result<String, CliError> {
        if let Some(name) = self.names.get(&(namespace, handle)) {
            return Ok(name.clone());
        }
        let owned = self.query(&Query::Name(namespace, handle)).await?;
        let ReplyBody::Name(code) = owned.reply().body else {
            return Err(unexpected(&owned.reply()));
        };
        self.names.insert((namespace, handle), code.to_owned());
        Ok(code.to_owned())
    }

    async fn resolve_small(&mut self, namespace: Namespace, code: &str) -> Result<u16, CliError> {
        let handle = self.resolve(namespace, code).await?;
        Ok(u16::try_from(handle).expect("invariant: these tables have 16-bit handles"))
    }

    /// The handle of a code.
    pub(crate) async fn resolve(
        &mut self,
        namespace: Namespace,
        code: &str,
    ) -> Result<u32, CliError> {
        let owned = self.query(&Query::Resolve(namespace, code)).await?;
        let reply = owned.reply();
        match reply.body {
            ReplyBody::Handle(handle) => {
                self.names.insert((namespace, handle), code.to_owned());
                Ok(handle)
            }
            _ if reply.reject_reason() == Some(RejectReason::UnknownCode) => {
                Err(CliError::UnknownCode { namespace, code: code.to_owned() })
            }
            _ => Err(unexpected(&reply)),
        }
    }
}

/// A reply that does not answer what was asked.
pub(crate) fn unexpected(reply: &Reply<'_>) -> CliError {
    CliError::UnexpectedReply { status: reply.status.name(), reason: reply.reason }
}

fn understood(owned: OwnedReply) -> Result<OwnedReply, CliError> {
    match owned.reply().status {
        ReplyStatus::Malformed => Err(unexpected(&owned.reply())),
        _ => Ok(owned),
    }
}

async fn within<T>(
    timeout: Duration,
    address: &str,
    work: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, CliError> {
    match tokio::time::timeout(timeout, work).await {
        Ok(result) => {
            result.map_err(|source| CliError::Client { address: address.to_owned(), source })
        }
        Err(_) => {
            let (address, seconds) = (address.to_owned(), timeout.as_secs());
            Err(CliError::NoAnswer { address, seconds })
        }
    }
}

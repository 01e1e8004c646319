//! A command on its way: with who gave it, and where its reply goes.

use bussola_domain::access::Acts;
use bussola_domain::event::Draft;
use bussola_domain::model::{Command, Model, Step};
use tokio::sync::oneshot;

use crate::error::StoreError;
use crate::options::Context;

/// What the writer sees of a command, whatever its type.
pub(crate) trait Job: Send {
    fn context(&self) -> &Context;
    /// What it is about to do.
    fn acts(&self, model: &Model) -> Acts;
    /// Executes, and keeps the reply.
    fn execute(&mut self, model: &mut Model, draft: &mut Draft);
    /// Sends the reply, or why there is none. A caller that went away is not missed.
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

pub(crate) struct Typed<C: Command> {
    context: Context,
    command: Option<C>,
    reply: Option<C::Reply>,
    sender: oneshot::Sender<Result<C::Reply, StoreError>>,
}

pub(crate) type Receiver<C> = oneshot::Receiver<Result<<C as Command>::Reply, StoreError>>;

/// A job for the writer, and where its reply will be.
pub(crate) fn job<C: Command>(context: Context, command: C) -> (Box<dyn Job>, Receiver<C>) {
    let (sender, receiver) = oneshot::channel();
    (Box::new(Typed { context, command: Some(command), reply: None, sender }), receiver)
}

impl<C: Command> Job for Typed<C> {
    fn context(&self) -> &Context {
        &self.context
    }

    fn acts(&self, model: &Model) -> Acts {
        self.command.as_ref().map(|command| command.acts(model)).unwrap_or_default()
    }

    fn execute(&mut self, model: &mut Model, draft: &mut Draft) {
        if let Some(command) = self.command.take() {
            self.reply = Some(command.execute(&mut Step::new(model, self.context.now, draft)));
        }
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let answer = match (outcome, self.reply) {
            (Ok(()), Some(reply)) => Ok(reply),
            (Ok(()), None) => Err(StoreError::Panicked { message: "the command was never executed".into() }),
            (Err(error), _) => Err(error),
        };
        let _gone = self.sender.send(answer);
    }
}

//! The writer's work, without its thread: execute a group of commands, commit what they recorded, answer.
//!
//! INVARIANT: a reply leaves only after everything that was applied before it is committed. After a failure nothing is
//! accepted until the model was folded anew from what is stored.
//!
//! It knows no clock but the commands' (the thread around it paces retries), so that the simulator can drive it.

use std::collections::{HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use bussola_domain::access::{Authorizer, Caller, Denial, authorize};
use bussola_domain::command::RecordDenial;
use bussola_domain::event::{Draft, Event, Fact};
use bussola_domain::id::{BlobHash, Timestamp};
use bussola_domain::model::{Command, Step};
use bussola_domain::names::{Commitment, Names, NamesGiven, Salt};
use bussola_domain::runs::HistoryForgotten;
use bussola_ledger::limits::INTEGER_MAX;
use bussola_ledger::{EntryBody, EntryError, Frontier, leaf_hash};

use crate::entry;
use crate::error::StoreError;
use crate::job::Job;
use crate::journal::groups::subject_key;
use crate::journal::{Batch, Journal, JournalError, NewBlob, NewEntry, NewName, Reader};
use crate::limits::{GROUP_COMMANDS_MAX, GROUP_TIME_MAX, LOCK_WAIT_MAX, SPARE_BYTES_MAX};
use crate::options::Context;
use crate::recovery::{self, Folded};
use crate::salts::Salts;
use crate::signature::Signature;
use crate::state::{Committed, State};

/// A model to start folding from: the newest snapshot, or an empty one.
pub(crate) type Base = Box<dyn Fn(Names, &mut dyn Reader) -> Folded + Send>;

/// Who deletes old history.
const RETENTION: Caller = Caller::itself("retention");

/// Executes commands and keeps what they record.
pub(crate) struct Engine {
    state: Arc<State>,
    journal: Box<dyn Journal>,
    base: Base,
    draft: Draft,
    salts: Salts,
    /// Of the draft's names: one each.
    drawn: Vec<Salt>,
    /// Who acted: facts up to the first number are this principal's, by this authority.
    spans: Vec<(usize, Arc<str>, Arc<str>)>,
    authorizer: Arc<dyn Authorizer>,
    signature: Signature,
    /// The latest time that a command brought.
    latest: Timestamp,
    broken: Option<Arc<JournalError>>,
    /// Size of the ledger that was signed last.
    signed: u64,
    /// What ended before this was told to be forgotten.
    forgotten: Timestamp,
    /// Buffers of the last group, for the next: giving them back and asking anew costs more than hashing.
    spare: (Vec<NewEntry>, Vec<u8>),
    body: EntryBody,
    /// How long a group may execute.
    pub(crate) group_time_max: Duration,
}

/// What a rejected command leaves: places in the draft to go back to.
struct Mark {
    facts: usize,
    names: usize,
    blobs: usize,
    history: usize,
}

impl Engine {
    /// Folds what the journal has.
    pub(crate) fn open(
        journal: Box<dyn Journal>,
        key: bussola_ledger::SigningKey,
        base: Base,
        salts: Salts,
        authorizer: Arc<dyn Authorizer>,
        now: Timestamp,
    ) -> Result<Engine, StoreError> {
        let (model, frontier) = restore(&*journal, &base, now)?;
        let state = Arc::new(State::new(model, frontier, key));
        Ok(Engine {
            state,
            journal,
            base,
            draft: Draft::default(),
            salts,
            drawn: Vec::new(),
            spans: Vec::new(),
            authorizer,
            signature: Signature::default(),
            latest: now,
            broken: None,
            signed: 0,
            forgotten: Timestamp(i64::MIN),
            spare: Default::default(),
            body: entry::blank(),
            group_time_max: GROUP_TIME_MAX,
        })
    }

    pub(crate) fn state(&self) -> &Arc<State> {
        &self.state
    }

    /// Whether commands can be executed without waiting for anybody.
    pub(crate) fn is_ready(&mut self) -> bool {
        self.broken.is_none() && self.journal.begin(Duration::ZERO).is_ok()
    }

    /// Why nothing is accepted, if so.
    pub(crate) fn broken(&self) -> Option<&Arc<JournalError>> {
        self.broken.as_ref()
    }

    /// Takes commands from the front as long as the limits of a group allow, commits, and answers them.
    pub(crate) fn group(&mut self, jobs: &mut VecDeque<Box<dyn Job>>, sign: bool) {
        if let Some(source) = self.broken.clone() {
            for job in jobs.drain(..) {
                job.answer(Err(StoreError::Unavailable { source: source.clone() }));
            }
            return;
        }
        // Before anything is applied: while this waits, readers see what is committed, and nothing else.
        if let Err(error) = self.journal.begin(LOCK_WAIT_MAX) {
            tracing::error!(%error, commands = jobs.len(), "cannot write the ledger");
            let source = Arc::new(error);
            for job in jobs.drain(..) {
                job.answer(Err(StoreError::Unavailable { source: source.clone() }));
            }
            return;
        }
        let mut done = Vec::with_capacity(jobs.len().min(GROUP_COMMANDS_MAX));
        let stopped = self.execute(jobs, &mut done);
        let outcome = self.commit(sign);
        if stopped.is_some() && outcome.is_ok() {
            // The command that stopped may have changed half of what it meant to.
            self.mend();
        }
        for (job, refused) in done {
            job.answer(refused.map_or_else(|| outcome.clone(), Err));
        }
        if let Some((job, error)) = stopped {
            job.answer(Err(error));
        }
    }

    /// Executes commands. One that panics is returned; nothing of it stays in the draft.
    fn execute(
        &mut self,
        jobs: &mut VecDeque<Box<dyn Job>>,
        done: &mut Vec<(Box<dyn Job>, Option<StoreError>)>,
    ) -> Option<(Box<dyn Job>, StoreError)> {
        let began = Instant::now();
        let mut stopped = None;
        let state = self.state.clone();
        let mut model = state.model.write();
        while done.len() < GROUP_COMMANDS_MAX
            && let Some(mut job) = jobs.pop_front()
        {
            if let Err(error) = check(job.context()) {
                done.push((job, Some(error)));
                continue;
            }
            let mark = self.mark();
            let (model, draft, authorizer) = (&mut *model, &mut self.draft, &*self.authorizer);
            let executed = std::panic::catch_unwind(AssertUnwindSafe(|| {
                let context = job.context();
                let allowed = authorize(authorizer, model, &context.caller, &job.acts(model), context.now)?;
                job.execute(model, draft);
                Ok::<Arc<str>, Denial>(allowed)
            }));
            let allowed = match executed {
                Ok(allowed) => allowed,
                Err(panic) => {
                    self.back_to(&mark);
                    let message = message(&*panic);
                    tracing::error!(%message, "a command failed");
                    // The model is not to be trusted from here until it was folded anew.
                    self.state.failed(Arc::new(JournalError::Damaged(format!("a command failed: {message}"))));
                    stopped = Some((job, StoreError::Panicked { message: message.into() }));
                    break;
                }
            };
            let context = job.context();
            let (allowed, refused) = match allowed {
                Ok(allowed) => (allowed, None),
                Err(denial) => {
                    let record = RecordDenial { caller: context.caller.clone(), denial: denial.clone() };
                    record.execute(&mut Step::new(model, context.now, draft));
                    (Arc::default(), Some(StoreError::Denied { denial: Arc::new(denial) }))
                }
            };
            self.latest = self.latest.max(context.now);
            if let Some(given) = commit_to_names(&mut self.salts, &mut self.drawn, &draft.names) {
                // First of all: what the command recorded names them.
                draft.facts.insert(mark.facts, Fact { at: context.now, event: given.into(), run: None });
            }
            if self.draft.facts.len() > mark.facts {
                let (principal, authority) = self.signature.of(&context.caller, allowed);
                self.spans.push((self.draft.facts.len(), principal, authority));
            }
            done.push((job, refused));
            if began.elapsed() > self.group_time_max {
                break;
            }
        }
        if !self.draft.facts.is_empty() {
            self.state.applied();
        }
        stopped
    }

    fn mark(&self) -> Mark {
        Mark {
            facts: self.draft.facts.len(),
            names: self.draft.names.len(),
            blobs: self.draft.blobs.len(),
            history: self.draft.history.len(),
        }
    }

    fn back_to(&mut self, mark: &Mark) {
        self.draft.facts.truncate(mark.facts);
        self.draft.names.truncate(mark.names);
        self.draft.blobs.truncate(mark.blobs);
        self.draft.history.truncate(mark.history);
    }

    /// Commits the draft. After a failure the model is folded anew.
    fn commit(&mut self, sign: bool) -> Result<(), StoreError> {
        let recorded = !self.draft.facts.is_empty();
        let sign = sign && (self.state.size.load(Ordering::Relaxed) > self.signed || recorded);
        if !recorded && !sign {
            self.draft.blobs.clear();
            self.state.settle();
            return Ok(());
        }
        let facts = std::mem::take(&mut self.draft.facts);
        let (batch, frontier) = match self.encode(&facts, sign) {
            Ok(encoded) => encoded,
            Err(error) => {
                self.state.failed(Arc::new(JournalError::Damaged(error.to_string())));
                self.mend();
                return Err(error);
            }
        };
        if let Err(source) = self.journal.commit(&batch) {
            let source = Arc::new(source);
            tracing::error!(error = %source, entries = batch.entries.len(), "cannot write the ledger");
            self.broken = Some(source.clone());
            self.state.failed(source.clone());
            self.refold();
            return Err(StoreError::Commit { source });
        }
        if batch.checkpoint.is_some() {
            self.signed = batch.head.size;
        }
        self.state.set_tree(frontier);
        self.state.dirty.store(true, Ordering::Release);
        self.state.settle();
        self.publish(batch.first, &facts);
        self.reuse(facts, batch);
        Ok(())
    }

    /// The draft as it is written, and the tree after it.
    fn encode(&mut self, facts: &[Fact], sign: bool) -> Result<(Batch, Frontier), StoreError> {
        let mut frontier = (*self.state.tree()).clone();
        let first = frontier.size();
        let mut batch = Batch {
            first,
            entries: std::mem::take(&mut self.spare.0),
            leaves: std::mem::take(&mut self.spare.1),
            tiles: Vec::new(),
            head: frontier.head(),
            names: Vec::new(),
            blobs: Vec::new(),
            erased: Vec::new(),
            history: std::mem::take(&mut self.draft.history),
            checkpoint: None,
        };
        let names = self.draft.names.drain(..).zip(self.drawn.drain(..));
        batch.names.extend(names.map(|((id, text), salt)| NewName { id, salt, text }));
        let blobs = std::mem::take(&mut self.draft.blobs);
        if !blobs.is_empty() {
            let errors = errors(facts);
            batch.blobs.extend(blobs.into_iter().map(|(hash, content)| NewBlob {
                hash,
                content,
                at: self.latest.0,
                kept: !errors.contains(&hash),
            }));
        }
        let mut spans = self.spans.drain(..).peekable();
        for (place, fact) in facts.iter().enumerate() {
            while spans.next_if(|(end, ..)| *end <= place).is_some() {}
            // A fact without a command there is none of.
            let nobody = || (Arc::from(""), Arc::from(""));
            let (principal, authority) =
                spans.peek().map_or_else(nobody, |(_, principal, right)| (principal.clone(), right.clone()));
            let aside = entry::encode(fact, &principal, &authority, &mut self.body)?;
            batch.blobs.extend(aside.map(|(hash, content)| NewBlob { hash, content, at: fact.at.0, kept: true }));
            if let Event::TextsErased(erased) = &fact.event {
                batch.erased.push(erased.clone());
            }
            // It came again after it was erased, in the same transaction: then it is there.
            if let Some(error) = error_of(fact) {
                batch.erased.iter_mut().for_each(|erased| erased.errors.retain(|hash| *hash != error));
            }
            let start = batch.leaves.len();
            let kind = fact.event.kind().0;
            self.body
                .encode_into(first + place as u64, &mut batch.leaves)
                .map_err(|source| StoreError::Encode { kind, source })?;
            let hash = leaf_hash(&batch.leaves[start..]);
            batch.tiles.extend(frontier.append(hash));
            batch.entries.push(NewEntry {
                hash,
                end: batch.leaves.len(),
                run: self.body.run,
                at: fact.at.0,
                kind,
                principal,
                subject: subject_key(&self.body.subject),
            });
        }
        drop(spans);
        batch.head = frontier.head();
        if sign {
            batch.checkpoint = Some((self.latest.0, self.state.key.sign(batch.head)));
        }
        Ok((batch, frontier))
    }

    fn publish(&self, first: u64, facts: &[Fact]) {
        if self.state.events.receiver_count() == 0 {
            return;
        }
        for (seq, fact) in (first..).zip(facts) {
            let kind = fact.event.kind().0;
            let committed = Committed { seq, at: fact.at, kind, subject: fact.event.subject(), run: fact.run };
            let _nobody = self.state.events.send(Arc::new(committed));
        }
    }

    /// Keeps the memory of large buffers for the next group.
    fn reuse(&mut self, mut facts: Vec<Fact>, mut batch: Batch) {
        facts.clear();
        batch.history.clear();
        self.draft.facts = facts;
        self.draft.history = batch.history;
        if batch.leaves.capacity() <= SPARE_BYTES_MAX {
            batch.entries.clear();
            batch.leaves.clear();
            self.spare = (batch.entries, batch.leaves);
        }
    }

    /// Folds the model anew and goes on if that works and the journal takes something.
    pub(crate) fn mend(&mut self) {
        if self.broken.is_some()
            && let Err(error) = self.journal.probe()
        {
            self.broken = Some(Arc::new(error));
            return;
        }
        if self.refold() {
            self.broken = None;
        }
    }

    /// Folds the model anew from what is stored.
    fn refold(&mut self) -> bool {
        self.draft = Draft::default();
        self.drawn.clear();
        self.spans.clear();
        let mut model = self.state.model.write();
        match restore(&*self.journal, &self.base, self.latest) {
            Ok((restored, frontier)) => {
                *model = restored;
                self.authorizer.forget();
                self.state.set_tree(frontier);
                self.state.mended();
                tracing::warn!(entries = self.state.size.load(Ordering::Relaxed), "folded the model anew");
                true
            }
            Err(error) => {
                let source = match error {
                    StoreError::Read { source } => source,
                    other => Arc::new(JournalError::Damaged(other.to_string())),
                };
                tracing::error!(error = %source, "cannot read the ledger");
                self.state.failed(source.clone());
                self.broken = Some(source);
                false
            }
        }
    }

    /// Deletes some of the history that ended before a time. Says whether there is more.
    ///
    /// INVARIANT: first the ledger says that it is deleted: what is missing without such an entry was tampered with.
    pub(crate) fn forget(&mut self, before: Timestamp, in_use: &dyn Fn(BlobHash) -> bool) -> Result<bool, StoreError> {
        let failed = |source| StoreError::Commit { source: Arc::new(source) };
        if let Some(source) = self.broken.clone() {
            return Err(StoreError::Unavailable { source });
        }
        self.journal.begin(LOCK_WAIT_MAX).map_err(failed)?;
        if !self.journal.has_old(before.0, in_use).map_err(failed)? {
            return Ok(false);
        }
        if self.forgotten < before {
            let fact = Fact { at: self.latest, event: HistoryForgotten { before }.into(), run: None };
            {
                let state = self.state.clone();
                state.model.write().apply(&fact, &mut self.draft.history);
                state.applied();
            }
            self.draft.facts.push(fact);
            let (principal, authority) = self.signature.of(&RETENTION, Arc::default());
            self.spans.push((self.draft.facts.len(), principal, authority));
            self.commit(false)?;
            self.forgotten = before;
        }
        self.journal.forget(before.0, in_use).map_err(failed)
    }

    /// The journal, for what is not a command.
    pub(crate) fn journal(&mut self) -> &mut dyn Journal {
        &mut *self.journal
    }

    /// Signs what is not signed yet.
    pub(crate) fn sign(&mut self) {
        let is_due = self.state.size.load(Ordering::Relaxed) > self.signed;
        // What is not signed now is signed later; a failed commit would fold the model anew.
        if is_due && self.is_ready() {
            let _logged = self.commit(true);
        }
    }
}

/// What an entry says of the names that are new since the last command.
fn commit_to_names(
    salts: &mut Salts,
    drawn: &mut Vec<Salt>,
    names: &[(bussola_domain::id::NameId, Arc<str>)],
) -> Option<NamesGiven> {
    let new = &names[drawn.len()..];
    if new.is_empty() {
        return None;
    }
    let commitments = new.iter().map(|(name, text)| {
        let salt = salts.draw();
        drawn.push(salt);
        Commitment { hash: salt.commit(text), name: *name }
    });
    Some(NamesGiven { names: commitments.collect() })
}

/// The texts that a later report of the same task replaces.
fn errors(facts: &[Fact]) -> HashSet<BlobHash> {
    facts.iter().filter_map(error_of).collect()
}

/// The error text that a fact names.
fn error_of(fact: &Fact) -> Option<BlobHash> {
    match &fact.event {
        Event::TaskReported(event) => event.error,
        Event::PlanningFailed(event) => Some(event.error),
        _ => None,
    }
}

/// What would have no form in the ledger is refused before it can change anything.
fn check(context: &Context) -> Result<(), StoreError> {
    let refused = |source| Err(StoreError::Encode { kind: "command", source });
    if context.now.0.unsigned_abs() > INTEGER_MAX {
        return refused(EntryError::IntegerTooLarge { field: "at", value: context.now.0.into() });
    }
    Ok(())
}

fn message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".into())
}

fn restore(
    journal: &dyn Journal,
    base: &Base,
    now: Timestamp,
) -> Result<(bussola_domain::model::Model, Frontier), StoreError> {
    let mut reader = journal.reader().map_err(StoreError::read)?;
    let frontier = recovery::check_end(&mut *reader)?;
    let names = recovery::load_names(&mut *reader)?;
    let mut folded = base(names, &mut *reader);
    recovery::fold(&mut folded, &mut *reader, frontier.head(), &mut recovery::ignored)?;
    folded.model.scheduler.revive(now);
    Ok((folded.model, frontier))
}

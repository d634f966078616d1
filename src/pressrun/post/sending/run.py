"""The run that sends one edition: what may begin, who gets it, and what is over.

It decides; what it has to ask and show goes through an Operator. Time, chance, and the store come from outside.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pressrun.circulation.linkkeys import put_served
from pressrun.circulation.store.engine import Store
from pressrun.circulation.store.runs import only_run
from pressrun.hosts.answers import AddressVerdict
from pressrun.hosts.client import Client, user_agent
from pressrun.hosts.visits import Visitor
from pressrun.model.delivery import OPEN, DeliveryState, Mailing
from pressrun.model.edition import Edition
from pressrun.model.problems import ContentError, DeliveryError, StoreError
from pressrun.model.slots import filled
from pressrun.post.delivery.interface import Transport
from pressrun.post.delivery.pool import ClaimedEmail, Pool, SettledEmail
from pressrun.post.delivery.retries import Breaker, Schedule
from pressrun.post.sending import backups, dispatch, receipts
from pressrun.post.sending.claims import Post, Sending
from pressrun.post.sending.dispatch import NotSent, Sent, Status
from pressrun.post.sending.letter import Cargo, Ready, hash_of
from pressrun.post.sending.order import Operator, SendOrder, SendSurroundings
from pressrun.post.sending.preflight import UNSUBSCRIBE_LINK, PreflightFinding, preflight, unsubscribe_link
from pressrun.post.sending.unsubscribing import Unsubscribing, unsubscribing
from pressrun.press.newsletter.message import AddressedLetter
from pressrun.settings.counter import counter_of

ANSWERS = (AddressVerdict.FINE, AddressVerdict.MOVED)


class NothingBegan(NotSent):
    """A run was asked to go on with an edition that never began to be sent."""


class NotConfirmed(NotSent):
    """The operator did not confirm that the edition may go out."""


@dataclass(frozen=True, slots=True)
class EditionRun:
    """One run that sends *letter*, of the publication in *source*, as *order* says.

    *sent* is what was known of other editions when the stories of the letter were chosen. *keys* sign unsubscribe
    links, the newest first; without a service there are none. *signed* signs an email (DKIM).
    """

    source: Path
    letter: Ready
    store: Store
    order: SendOrder
    operator: Operator
    surroundings: SendSurroundings
    sent: Sent = field(default_factory=Sent)
    keys: Sequence[str] = ()
    signed: Callable[[AddressedLetter], AddressedLetter] = lambda unsigned: unsigned

    def send(self, opened: Callable[[], Transport]) -> Status | None:
        """Begin to send the edition, or go on, over what *opened* opens; return how far it is then.

        None where nothing was left to do, or *order* only tries it out. Raises NotSent where the edition may not begin
        or go on, ContentError where what it carries is wrong, OlderStore where the store is older than what was sent
        from it, KeyRefused where no registered key signs links, and Busy where another run is at work. What keeps a run
        that began from going on is shown and not raised: the next run goes on from there.
        """
        self._refuse_older()
        known = dispatch.status(self.store, self.letter.edition.id)
        if reason := receipts.why_not(self._edition, known):
            raise NotSent(reason)
        if known is not None and self._is_over(known):
            return None
        links = unsubscribing(self.letter.publication, self.store, self.keys)
        if known is None:
            known = self._begin(links)
        else:
            self._refuse_unproven(links)
        if known is None:
            return None
        if self._edition.sent is None:
            self._receipt(known.mailing).write()
        self._attempt(known, self._post(known.mailing, links), opened)
        after = dispatch.status(self.store, known.mailing.id)
        assert after is not None  # it was there before
        receipts.note_whether_reached(self.source, after)
        self.operator.show_status(after)
        receipts.with_attempts(self.source, self._edition, self.letter.publication, after)
        return after

    @property
    def _edition(self) -> Edition:
        assert self.letter.written is not None  # `ready` read it
        return self.letter.written

    # What is over

    def _is_over(self, known: Status) -> bool:
        """Return whether nothing is left to do for *known*; raise NotSent where it may not go on as it was asked."""
        order, mailing, title = self.order, known.mailing, self._edition.title
        begun = f"{title} was sent to {', '.join(mailing.lists)} from {mailing.frozen:%Y-%m-%d} on"
        if hash_of(self.letter) != mailing.hash:
            raise NotSent(
                f"{begun}, and its email has changed since. Nobody gets two versions of one edition: undo the change, "
                "or send a correction as a new edition (--correction-of)."
            )
        if (order.lists and set(order.lists) != set(mailing.lists)) or (
            order.tags and set(order.tags) != set(mailing.tags)
        ):
            raise NotSent(f"{begun}; who gets it was settled then. Leave out --list and --tag.")
        if order.dry_run:
            self.operator.show_status(known)
            return True
        if known.tally.is_withdrawn and (order.retry or not order.resume):
            raise NotSent(f"{title} was withdrawn: nobody gets it anymore. Nothing was sent.")
        if known.tally.count(*OPEN, *order.retry):
            return False
        if not order.resume:
            raise NotSent(f"{begun}, and everybody is accounted for; nobody gets it twice. Nothing was sent.")
        self.operator.show_status(known)
        return True

    def _refuse_older(self) -> None:
        with counter_of(self.store) as counter:
            backups.refuse_older(self.store, counter)

    # What may begin, and who gets it

    def _begin(self, links: Unsubscribing | None) -> Status | None:
        """Settle the audience and the stories of the edition, once the operator confirms; None if that is a dry run."""
        cargo = self.letter.cargo
        assert cargo is not None  # `ready` read the edition
        self._refuse_to_begin(cargo)
        mailing = self._mailing()
        findings = self._findings(links)
        tally = dispatch.audience(self.store, mailing)
        self.operator.show_audience(filled(self.letter.newsletter.subject, {}), mailing, tally)
        self._refuse_for(findings)
        if self.order.dry_run:
            return None
        self._receipt(mailing)  # there has to be a place for it before anything is settled
        if not self.operator.confirms(tally.count(DeliveryState.PLANNED)):
            raise NotConfirmed("You did not confirm. Nothing was sent.")
        self._prove(links)
        rule = self._edition.rule
        chosen_after = self.sent if rule is not None and rule.since_last else None
        number = dispatch.freeze(self.store, mailing, cargo.record, chosen_after)
        return Status(number, mailing, tally, None)

    def _refuse_to_begin(self, cargo: Cargo) -> None:
        """Raise what speaks against the edition itself, whoever gets it."""
        if self.letter.unfilled:
            raise ContentError(list(self.letter.unfilled))
        if self.order.resume:
            raise NothingBegan(f"{self._edition.title} has not begun to be sent: leave out --resume.")
        if not self._edition.id_is_minted:
            raise NotSent("The edition has no id in its file; write one with: pressrun check --fix")
        # Recipients of a correction got its stories before.
        corrects = self.order.corrects is not None
        if problems := [each for each in cargo.problems if not corrects or each.code != "carried-twice"]:
            raise ContentError(problems)

    def _mailing(self) -> Mailing:
        """Return the edition as it would be sent now: which email, to whom."""
        corrects, own = self.order.corrects, self._edition.list
        if corrects is not None and (reason := dispatch.why_no_correction(self.store, corrects)):
            raise NotSent(reason)
        every = tuple(each.id for each in self.letter.publication.lists)
        return Mailing(
            id=self.letter.edition.id,
            hash=hash_of(self.letter),
            lists=self.order.lists or ((own,) if own else every),
            frozen=self.surroundings.moment(),
            tags=tuple(dict.fromkeys(self.order.tags)),
            corrects=corrects,
        )

    def _receipt(self, mailing: Mailing) -> receipts.Change:
        return receipts.with_receipt(self.source, self._edition, self.letter.publication, mailing, self.letter.cargo)

    def _findings(self, links: Unsubscribing | None) -> list[PreflightFinding]:
        publication, clock = self.letter.publication, self.surroundings.clock
        visitor = Visitor(
            Client(user_agent(publication.home)), clock.seconds, clock.pause, self.surroundings.moment(), gap=0.0
        )

        def unless(*fine: AddressVerdict) -> Callable[[str], str | None]:
            def asked(url: str) -> str | None:
                answer = visitor.visit(url)
                return None if answer.verdict in fine else answer.reason

            return asked

        return preflight(
            self.letter,
            dispatch.tested(self.store, self.letter.edition.id),
            publication.service.address if publication.service is not None else publication.mail.one_click,
            unless(*ANSWERS),
            unless(*ANSWERS, AddressVerdict.DEAD),
            self.order.ignored,
            lambda: links.fault(self.surroundings.wall()) if links is not None else None,
        )

    def _refuse_for(self, findings: Sequence[PreflightFinding]) -> None:
        if findings:
            self.operator.show_findings(findings)
            names = " ".join(f"--ignore {check}" for check in dict.fromkeys(each.check for each in findings))
            raise NotSent(f"Nothing was sent. Fix that, or send with {names}")

    def _refuse_unproven(self, links: Unsubscribing | None) -> None:
        """Raise NotSent where a run goes on with a key under which no link was ever seen to open, unless ignored."""
        if links is None or links.key.is_proven:
            return
        if UNSUBSCRIBE_LINK not in self.order.ignored:
            self._refuse_for(list(unsubscribe_link(lambda: links.fault(self.surroundings.wall()))))
        self._prove(links)

    def _prove(self, links: Unsubscribing | None) -> None:
        """Record that the service has the key of *links*: it opened a link, or a person ignored that."""
        if links is not None:
            put_served(self.store, links.key.fingerprint, self.surroundings.wall())

    # The attempts

    def _post(self, mailing: Mailing, links: Unsubscribing | None) -> Post:
        publication = self.letter.publication
        known = {each.id: each for each in publication.lists}
        lists = {name: known.get(name) for name in mailing.lists}
        post = Post(self.letter, mailing.frozen, lists, signed=self.signed, folds=mailing.folds)
        if links is None:
            return post
        address_of = links.link(self.surroundings.moment())
        return replace(post, address_of=address_of, preferences=publication.manage_page, key=links.key.fingerprint)

    def _attempt(self, known: Status, post: Post, opened: Callable[[], Transport]) -> None:
        """Attempt what is due of *known*, until nothing is; show what keeps the run from going on."""
        order, breaker = self.order, Breaker()
        with only_run(self.store, known.number) as run, counter_of(self.store) as counter:
            found = dispatch.recover(run, known.number, self.surroundings.moment(), order.retry)
            breaker.remember(dispatch.heard_last(run, known.number, breaker.limit))
            if found.in_doubt:
                self.operator.show_unknown(found.in_doubt)
            sending = Sending(
                run,
                known.number,
                post,
                self.surroundings.moment,
                self.surroundings.chance,
                schedule=Schedule(),
                limit=order.limit,
                remembered=counter.write,
                wall=self.surroundings.wall,
            )
            left = known.tally.count(DeliveryState.PLANNED, DeliveryState.DEFERRED) + found.again
            reason = self._posted(sending, min(left, order.limit or left), breaker, opened)
        if reason is not None:
            self.operator.show_stopped(reason)

    def _posted(self, sending: Sending, total: int, breaker: Breaker, opened: Callable[[], Transport]) -> str | None:
        """Post what *sending* claims; return why that ended before everything was attempted, or None."""
        with self.operator.watches(total) as progress:
            pool = Pool(
                opened,
                self.order.connections,
                self.surroundings.clock,
                limits=self.order.rates,
                breaker=breaker,
                on_pause=progress.pause,
            )

            def claims(
                settled: Sequence[SettledEmail[int]], room: int, rooms: Mapping[str, int]
            ) -> Sequence[ClaimedEmail[int]]:
                claimed = sending(settled, room, rooms)
                if sending.trouble is not None:
                    pool.stop(sending.trouble)
                progress.advance(sum(each.outcome is not None for each in settled))
                return claimed

            with self.operator.may_stop(pool.stop):
                try:
                    return pool.post(claims, sending.let_off) or sending.stopped
                except (DeliveryError, StoreError) as error:
                    return str(error)

"""The storage contract's part for what is deleted when it is old."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from .storage_due import NOW, A, B, DueContract

MOMENT = timedelta(seconds=1)


class PurgeContract(DueContract):
    """Part of `StorageContract`, which brings the ``store``."""

    def purged(self, store: Any, after: timedelta) -> int:
        """How many rows were deleted at a time."""
        with store.system_unit_of_work() as system:
            gone = system.work.purge(NOW + after)
            system.commit()
        return gone

    def test_jobs_go_when_they_are_long_done(self, store: Any) -> None:
        """One that is still to be done never."""
        from salespilots.domain.job import Job
        from salespilots.ports.work import JOBS_KEPT

        with store.unit_of_work(A) as uow:
            for name, next_at in (("done", None), ("waits", NOW)):
                one = Job(id=f"job_{name}00000", business_id=A, kind="k", key=name, created_at=NOW, next_at=next_at)
                uow.jobs.add(one)
            uow.commit()
        assert [self.purged(store, JOBS_KEPT - MOMENT), self.purged(store, JOBS_KEPT + MOMENT)] == [0, 1]
        with store.unit_of_work(A, read_only=True) as uow:
            assert [one.key for one in uow.jobs.select()] == ["waits"]

    def test_comments_go_after_a_year_and_some_days(self, store: Any) -> None:
        """Every shop's, from when they were taken in."""
        from salespilots.domain.comment import Comment
        from salespilots.ports.work import COMMENTS_KEPT

        for shop, later in ((A, 0), (A, 9), (B, 0)):
            with store.unit_of_work(shop) as uow:
                uow.comments.add(
                    Comment(
                        id=f"cmt_{shop[-1]}{later}000000", business_id=shop, provider="x", account_ref="1", comment_ref=f"c{later}",
                        customer_ref="2", created_at=NOW + timedelta(days=later), sent_at=NOW, username="asha", text="pp",
                    )
                )  # fmt: skip
                uow.commit()
        assert [self.purged(store, COMMENTS_KEPT - MOMENT), self.purged(store, COMMENTS_KEPT + MOMENT)] == [0, 2]
        with store.unit_of_work(A, read_only=True) as uow:
            assert [one.comment_ref for one in uow.comments.select()] == ["c9"]

    def test_ways_to_a_sign_in_go_the_day_after(self, store: Any) -> None:
        """Whether somebody came back or not."""
        from salespilots.domain.business import LoginState
        from salespilots.ports.work import LOGINS_KEPT

        with store.system_unit_of_work() as system:
            for number, used_at in enumerate((None, NOW)):
                system.login_states.add(
                    LoginState(
                        id=f"lst_{number}0000000", state_hash=f"hash{number}", business_id=A, user_id="usr_aaaaaaaa",
                        session_id="ses_aaaaaaaa", provider="x", expires_at=NOW, used_at=used_at,
                    )
                )  # fmt: skip
            system.commit()
        assert [self.purged(store, LOGINS_KEPT - MOMENT), self.purged(store, LOGINS_KEPT + MOMENT)] == [0, 2]

    def test_deletions_can_be_looked_up_for_a_year_and_some_days(self, store: Any) -> None:
        """From when they were done; one that is not done stays."""
        from salespilots.domain.business import DeletionRequest
        from salespilots.ports.work import DELETIONS_KEPT

        with store.system_unit_of_work() as system:
            for code, done_at in (("done", NOW), ("open", None)):
                one = DeletionRequest(
                    id=f"del_{code}0000", code=code, provider="x", login_ref="1", requested_at=NOW, done_at=done_at
                )
                system.deletions.add(one)
            system.commit()
        assert [self.purged(store, DELETIONS_KEPT - MOMENT), self.purged(store, DELETIONS_KEPT + MOMENT)] == [0, 1]
        with store.system_unit_of_work(read_only=True) as system:
            assert [one.code for one in system.deletions.select()] == ["open"]

    def test_events_go_by_what_became_of_them(self, store: Any) -> None:
        """What waits stays; what was done is known for 90 days, so that it is not taken in again."""
        from salespilots.domain.inbox import InboxState

        kept = {"new": None, "done": 90, "discarded": 90, "dead": 365, "unrouted": 5}
        rows = [self.row(state) for state in kept]
        for row in rows:
            row.state = InboxState(row.event_id)
        with store.system_unit_of_work() as system:
            system.inbox.accept(rows)
            system.commit()
        gone = [self.purged(store, timedelta(days=days) + MOMENT) for days in (4, 5, 89, 90, 364, 365, 3650)]
        assert gone == [0, 1, 0, 2, 0, 1, 0]

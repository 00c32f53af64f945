"""The composition root: configuration in, services out. The only place that knows every part."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pluggy

from salespilots.config import Config, ConfigError
from salespilots.domain.conversation import Conversation
from salespilots.plugins.builtin.understanding import RulesUnderstander
from salespilots.plugins.festivals import festival_of
from salespilots.plugins.fetching import HttpFetcher
from salespilots.plugins.manager import BUILTIN, create_plugin_manager
from salespilots.plugins.registry import Registry, build_registry
from salespilots.plugins.runtime import Argon2Hasher, RandomIds, SmtpMailer, SystemClock
from salespilots.plugins.vault import FernetVault
from salespilots.ports.errors import SettingsInvalid
from salespilots.ports.extensions import ActionContext
from salespilots.ports.fetching import Fetcher
from salespilots.ports.runtime import Clock, Doorbell, IdFactory, Mailer, Metrics, PasswordHasher
from salespilots.ports.storage import Storage, StorageUnavailable, Where
from salespilots.services.accounts import Accounts
from salespilots.services.api_keys import ApiKeys
from salespilots.services.automation_rules import AutomationSettings
from salespilots.services.bulk import Bulk
from salespilots.services.catalog import Catalog
from salespilots.services.catalog_bulk import CatalogBulk
from salespilots.services.chat_files import ChatFiles
from salespilots.services.comment_rules import CommentRules
from salespilots.services.connecting.duties import Duties
from salespilots.services.connecting.forgetting import Forgetting
from salespilots.services.connecting.looking import Looks
from salespilots.services.connecting.menus import Menus
from salespilots.services.connecting.renewing import Renewals
from salespilots.services.connecting.signing_in import SigningIn
from salespilots.services.connections import Connections
from salespilots.services.container import Services
from salespilots.services.conversations import Conversations
from salespilots.services.core import Core, NullMetrics
from salespilots.services.customers import Customers
from salespilots.services.dashboard import Dashboard
from salespilots.services.demo import Demo
from salespilots.services.direct import Direct
from salespilots.services.discounts import Discounts
from salespilots.services.documents import Documents
from salespilots.services.drafts import Drafts
from salespilots.services.gallery import Gallery
from salespilots.services.imports.export import Export
from salespilots.services.imports.service import Imports
from salespilots.services.jobs import Jobs
from salespilots.services.live import Live
from salespilots.services.maintenance import Maintenance
from salespilots.services.messaging.acts import Acts
from salespilots.services.messaging.backfill import Backfill
from salespilots.services.messaging.comments import decide_in
from salespilots.services.messaging.early import Touched
from salespilots.services.messaging.inbox import InboxService
from salespilots.services.messaging.interpret import Interpreter
from salespilots.services.messaging.lanes import Lanes
from salespilots.services.messaging.media import Media
from salespilots.services.messaging.outbox import Outbox
from salespilots.services.messaging.pace import Pace
from salespilots.services.messaging.sendings import Sendings
from salespilots.services.messaging.turns import Turns
from salespilots.services.money_book import MoneyBook
from salespilots.services.orders import Orders
from salespilots.services.owner_notes import OwnerNotes
from salespilots.services.payments import Payments
from salespilots.services.pictures import Pictures
from salespilots.services.posts import Posts
from salespilots.services.practice import Practice
from salespilots.services.profiles import Profiles
from salespilots.services.refunds import Refunds
from salespilots.services.rehearsal.cases import Cases
from salespilots.services.rehearsal.dry_run import DryRuns
from salespilots.services.rehearsal.time_machine import TimeMachine
from salespilots.services.reminders import Reminders
from salespilots.services.settlement import Settlement
from salespilots.services.shops import Shops
from salespilots.services.stockroom import Stockroom
from salespilots.services.stuck import Stuck
from salespilots.services.tags import Tags
from salespilots.services.templates import Templates
from salespilots.services.undoing import Undoing
from salespilots.services.waiting_list import WaitingList
from salespilots.services.workflows.assistant import StepPorts
from salespilots.services.workflows.definitions import Workflows
from salespilots.services.workflows.explaining import Explaining
from salespilots.services.workflows.letters import Letters
from salespilots.services.workflows.preview import ProductPreview
from salespilots.services.workflows.run_log import RunLog
from salespilots.services.workflows.runner import Runner
from salespilots.services.workflows.splits import Splits
from salespilots.services.workflows.timed import Timed
from salespilots.services.workflows.versions import Versions
from salespilots.services.workforce import Workforce


def nobody_looks() -> None:
    """There is no chat in which typing could be shown."""


class SilentDoorbell:
    """Rings nowhere: the sweeper finds the work. For tests and one-off commands."""

    def ring(self, *lanes: str) -> None:
        """Do nothing."""


@dataclass(frozen=True, slots=True)
class Application:
    """The assembled product without an edge."""

    config: Config
    manager: pluggy.PluginManager
    registry: Registry
    services: Services
    storage: Storage


def open_storage(config: Config, registry: Registry) -> Storage:
    """The storage that serves the configured address. Raises `ConfigError` when none does."""
    scheme = config.database_url.partition(":")[0].partition("+")[0]
    for provider in registry.storages.all():
        if scheme in provider.schemes:
            return provider.build(config.database_url)
    raise ConfigError(f"SALESPILOTS_DATABASE_URL: no installed storage serves {scheme!r}.")


def open_memory(registry: Registry) -> Storage:
    """An empty store that is gone when nobody has it any more."""
    return registry.storages.get("memory").build("memory://")


def migrate(application: Application) -> None:
    """Bring the schema up to date. Raises `ConfigError` when the configured database does not answer."""
    try:
        application.storage.migrate()
    except StorageUnavailable as error:
        raise ConfigError(f"SALESPILOTS_DATABASE_URL: {error.message}") from error


def check_keys(application: Application) -> None:
    """Raise `ConfigError` when the keys open none of the secrets that are stored: this machine has another's key, and
    what it did with the shops' messages would only be refused. A database that is away is waited for."""
    core = application.services.core
    try:
        with application.storage.system_unit_of_work(read_only=True) as system:
            sealed = system.connections.select(Where("secrets", "not_null"), order="-updated_at", limit=20)
    except StorageUnavailable:
        return
    for one in sealed:
        try:
            core.vault.open(one.business_id, one.provider, one.secrets)
        except SettingsInvalid:
            continue
        return
    if sealed:
        raise ConfigError(
            "SALESPILOTS_SECRET_KEYS: the key is not the one that the stored secrets were written with. Every machine "
            "needs the same keys: copy secret.key from the data folder of the first one, or set the variable."
        )


def check_environment(connections: Connections, registry: Registry) -> None:
    """Raise `ConfigError` for a variable of a plugin that is set and cannot be used."""
    for _, shelf in registry.connectable():
        for provider in shelf.all():
            for name, texts in connections.instance_problems(provider).items():
                raise ConfigError(f"{name}: {' '.join(texts)}")


def assemble(
    config: Config,
    *,
    doorbell: Doorbell | None = None,
    clock: Clock | None = None,
    ids: IdFactory | None = None,
    metrics: Metrics | None = None,
    hasher: PasswordHasher | None = None,
    mailer: Mailer | None = None,
    fetcher: Fetcher | None = None,
    storage: Storage | None = None,
    discover: bool = True,
    extra: Sequence[object] = (),
) -> Application:
    """Build everything. Arguments replace real surroundings in tests."""
    manager, problems = create_plugin_manager(disabled=config.disabled_plugins, discover=discover, extra=extra)
    builtin = {name.rpartition(".")[2] for name in BUILTIN}
    registry = build_registry(manager, problems, builtin)
    storage = storage or open_storage(config, registry)
    core = Core(
        storage=storage,
        registry=registry,
        clock=clock or SystemClock(),
        ids=ids or RandomIds(),
        vault=FernetVault(config.secret_keys),
        doorbell=doorbell or SilentDoorbell(),
        metrics=metrics or NullMetrics(),
        hasher=hasher or Argon2Hasher(),
        mailer=mailer or SmtpMailer(config.mail_url, config.base_url.partition("://")[2].partition(":")[0]),
        fetcher=fetcher or HttpFetcher(allow_loopback=config.allow_private_urls),
        understander=RulesUnderstander(),
        base_url=config.base_url,
        festival_of=festival_of,
        production=config.production,
        allow_private_urls=config.allow_private_urls,
        signup=config.signup,
        environ=dict(config.environ),
    )
    connections = Connections(core)
    check_environment(connections, registry)
    settlement = Settlement(core)
    payments = Payments(core, connections, settlement)
    refunds = Refunds(core, connections)

    jobs = Jobs(core)
    acts = Acts(core, connections, jobs)

    def ports_for(business_id: str, conversation: Conversation | None, context: ActionContext) -> StepPorts:
        typing = partial(acts.typing, conversation) if conversation else nobody_looks
        return StepPorts(core, connections, payments, business_id, context, typing)

    pace = Pace()
    outbox = Outbox(core, connections, pace)
    owner = f"{socket.gethostname()[:20]}:{os.getpid()}:{core.ids.token()[:8]}"
    turns = Turns(core, Interpreter(core, settlement), Runner(core, ports_for), outbox, owner)
    lanes = Lanes(core, turns)
    orders, catalog, workflows = Orders(core), Catalog(core), Workflows(core)
    inbox = InboxService(core, connections)
    imports = Imports(core)
    pictures, files = Pictures(core, config.home / "media"), ChatFiles(core, config.home / "media")
    Touched(core, jobs)
    Timed(core, jobs)
    Letters(core, jobs)
    reminders = Reminders(core, payments)
    looks = Looks(core, connections, jobs)
    signing_in = SigningIn(core, connections, looks)
    Forgetting(core, jobs, {"pic": pictures.discard, "fil": files.discard})
    memory = partial(open_memory, registry)
    dry_runs = DryRuns(core, memory)
    services = Services(
        core=core,
        acts=acts,
        accounts=Accounts(core),
        api_keys=ApiKeys(core),
        backfill=Backfill(core, connections, inbox, jobs),
        bulk=Bulk(core, orders, reminders),
        catalog=catalog,
        catalog_bulk=CatalogBulk(core, catalog),
        comment_rules=CommentRules(core, workflows),
        chat_files=files,
        connections=connections,
        conversations=Conversations(core),
        customers=Customers(core),
        dashboard=Dashboard(core),
        direct=Direct(core, connections, settlement),
        discounts=Discounts(core),
        documents=Documents(core),
        demo=Demo(core, catalog, workflows),
        export=Export(core),
        imports=imports,
        drafts=Drafts(core),
        dry_runs=dry_runs,
        cases=Cases(core, dry_runs, workflows),
        duties=Duties(core, signing_in),
        inbox=inbox,
        jobs=jobs,
        lanes=lanes,
        live=Live(core),
        looks=looks,
        maintenance=Maintenance(core, lanes, orders, payments, refunds, imports, jobs, Renewals(core, connections)),
        media=Media(core, files, jobs),
        menus=Menus(core, connections),
        money_book=MoneyBook(core),
        orders=orders,
        outbox=outbox,
        payments=payments,
        gallery=Gallery(core, pictures),
        pictures=pictures,
        posts=Posts(core, connections, pictures, jobs, decide_in),
        practice=Practice(core, inbox),
        profiles=Profiles(core, connections, files, jobs),
        preview=ProductPreview(core),
        refunds=refunds,
        run_log=RunLog(core),
        automation=AutomationSettings(core),
        owner_notes=OwnerNotes(core),
        splits=Splits(core),
        explaining=Explaining(core),
        tags=Tags(core),
        templates=Templates(core),
        versions=Versions(core, workflows),
        reminders=reminders,
        sendings=Sendings(core),
        shops=Shops(core),
        signing_in=signing_in,
        stockroom=Stockroom(core),
        stuck=Stuck(core, outbox.uncertain),
        time_machine=TimeMachine(core, memory, dry_runs),
        turns=turns,
        undoing=Undoing(core),
        waiting=WaitingList(core),
        workforce=Workforce(core),
        workflows=workflows,
    )
    return Application(config=config, manager=manager, registry=registry, services=services, storage=storage)

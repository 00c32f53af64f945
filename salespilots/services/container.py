"""Everything the edges may call, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from salespilots.services.accounts import Accounts
from salespilots.services.api_keys import ApiKeys
from salespilots.services.automation_rules import AutomationSettings
from salespilots.services.bulk import Bulk
from salespilots.services.catalog import Catalog
from salespilots.services.catalog_bulk import CatalogBulk
from salespilots.services.chat_files import ChatFiles
from salespilots.services.comment_rules import CommentRules
from salespilots.services.connecting.duties import Duties
from salespilots.services.connecting.looking import Looks
from salespilots.services.connecting.menus import Menus
from salespilots.services.connecting.signing_in import SigningIn
from salespilots.services.connections import Connections
from salespilots.services.conversations import Conversations
from salespilots.services.core import Core
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
from salespilots.services.messaging.inbox import InboxService
from salespilots.services.messaging.lanes import Lanes
from salespilots.services.messaging.media import Media
from salespilots.services.messaging.outbox import Outbox
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
from salespilots.services.shops import Shops
from salespilots.services.stockroom import Stockroom
from salespilots.services.stuck import Stuck
from salespilots.services.tags import Tags
from salespilots.services.templates import Templates
from salespilots.services.undoing import Undoing
from salespilots.services.waiting_list import WaitingList
from salespilots.services.workflows.definitions import Workflows
from salespilots.services.workflows.explaining import Explaining
from salespilots.services.workflows.preview import ProductPreview
from salespilots.services.workflows.run_log import RunLog
from salespilots.services.workflows.splits import Splits
from salespilots.services.workflows.versions import Versions
from salespilots.services.workforce import Workforce


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What web, tasks and command line receive."""

    core: Core
    acts: Acts
    accounts: Accounts
    api_keys: ApiKeys
    automation: AutomationSettings
    backfill: Backfill
    bulk: Bulk
    cases: Cases
    catalog: Catalog
    catalog_bulk: CatalogBulk
    comment_rules: CommentRules
    chat_files: ChatFiles
    connections: Connections
    conversations: Conversations
    customers: Customers
    dashboard: Dashboard
    demo: Demo
    direct: Direct
    discounts: Discounts
    export: Export
    documents: Documents
    gallery: Gallery
    imports: Imports
    drafts: Drafts
    dry_runs: DryRuns
    duties: Duties
    inbox: InboxService
    jobs: Jobs
    lanes: Lanes
    live: Live
    looks: Looks
    maintenance: Maintenance
    media: Media
    menus: Menus
    money_book: MoneyBook
    orders: Orders
    outbox: Outbox
    payments: Payments
    pictures: Pictures
    owner_notes: OwnerNotes
    posts: Posts
    practice: Practice
    preview: ProductPreview
    profiles: Profiles
    refunds: Refunds
    reminders: Reminders
    sendings: Sendings
    shops: Shops
    signing_in: SigningIn
    stockroom: Stockroom
    stuck: Stuck
    time_machine: TimeMachine
    turns: Turns
    undoing: Undoing
    explaining: Explaining
    run_log: RunLog
    splits: Splits
    tags: Tags
    templates: Templates
    versions: Versions
    waiting: WaitingList
    workforce: Workforce
    workflows: Workflows

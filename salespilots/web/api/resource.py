"""The blueprint of an API resource: what it answers is described, what it does not know it refuses."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Request, g
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser

from salespilots.web.api.answers import page_of


class StrictParser(FlaskParser):
    """Unknown parameters of a query are refused like unknown fields of a body: a mistyped filter is no filter."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "query": None}

    def _raw_load_json(self, req: Request) -> Any:
        """The body as the guard has read it already."""
        return g.body if "body" in g else super()._raw_load_json(req)


class Resource(Blueprint):
    """A flask-smorest blueprint whose answers are dictionaries made by `shapes` and described by `answers`."""

    ARGUMENTS_PARSER = StrictParser()

    def arguments(self, schema: type[Schema], **how: Any) -> Callable[[Any], Any]:
        """The view is given what this schema reads of the body, or of what ``location`` says. One schema serves all
        requests: making one copies each of its fields."""
        mark: Callable[[Any], Any] = super().arguments(schema(), **how)
        return mark

    def answers(self, schema: type[Schema], status: int = 200, *, page: bool = False) -> Callable[[Any], Any]:
        """The view answers ``status`` with this shape, or with a page of it."""
        described = self.also(page_of(schema) if page else schema, status)

        def mark(view: Any) -> Any:
            return described(self.response(status)(view))

        return mark

    def also(self, schema: type[Schema], status: int) -> Callable[[Any], Any]:
        """The view may answer ``status`` with this shape too."""
        content = {"application/json": {"schema": schema}}
        shown = {"description": HTTPStatus(status).phrase, "content": content}
        mark: Callable[[Any], Any] = self.doc(responses={str(status): shown})
        return mark

"""The built-in ways to start a workflow and its built-in steps, registered like anybody's."""

from salespilots.plugins.builtin.steps.hooks import salespilots_workflow_actions, salespilots_workflow_triggers

__all__ = ["salespilots_workflow_actions", "salespilots_workflow_triggers"]

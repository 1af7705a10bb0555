"""The gongkai platform: written procedures of public bodies as BPMN diagrams that run."""

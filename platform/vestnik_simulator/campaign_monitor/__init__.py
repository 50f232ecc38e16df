"""Campaign Monitor's API, version 3.3: clients, lists, subscribers, campaigns and the webhooks of lists."""

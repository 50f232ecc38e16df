"""The leads API of long ago, `/developer/v1/leads`, for sites that call such a one today; its one key."""

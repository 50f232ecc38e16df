"""Every room's tables in one place, so that the metadata is whole for migrations and tests."""

import vestnik.engine.tables

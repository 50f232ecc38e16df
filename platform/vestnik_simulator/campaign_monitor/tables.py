"""What this service keeps, beside the other one's tables in the same file."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS cm_client (
  id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, api_key TEXT NOT NULL, name TEXT NOT NULL,
  email TEXT NOT NULL, zone TEXT NOT NULL, zone_title TEXT NOT NULL, credits INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS cm_list (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, client_id INTEGER NOT NULL,
  title TEXT NOT NULL, unsubscribe_setting TEXT NOT NULL, confirmed INTEGER NOT NULL, created REAL NOT NULL,
  UNIQUE (client_id, title));
CREATE TABLE IF NOT EXISTS cm_subscriber (
  list_id INTEGER NOT NULL, email TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL,
  joined REAL NOT NULL, changed REAL NOT NULL, fields TEXT NOT NULL DEFAULT '[]', consent TEXT NOT NULL,
  PRIMARY KEY (list_id, email)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cm_subscriber_state ON cm_subscriber (list_id, state, email);
CREATE INDEX IF NOT EXISTS cm_subscriber_email ON cm_subscriber (email, list_id);
CREATE TABLE IF NOT EXISTS cm_suppressed (
  client_id INTEGER NOT NULL, email TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (client_id, email)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cm_template (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, client_id INTEGER NOT NULL,
  name TEXT NOT NULL, body TEXT NOT NULL, colour TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS cm_campaign (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, client_id INTEGER NOT NULL,
  name TEXT NOT NULL, subject TEXT NOT NULL, from_name TEXT NOT NULL, from_email TEXT NOT NULL,
  reply_to TEXT NOT NULL, template_id INTEGER NOT NULL, lists TEXT NOT NULL, status TEXT NOT NULL,
  created REAL NOT NULL, send_at REAL, sent REAL, letter_id INTEGER, at_list INTEGER NOT NULL DEFAULT 0,
  at_email TEXT NOT NULL DEFAULT '', total INTEGER NOT NULL DEFAULT 0, UNIQUE (client_id, name));
CREATE TABLE IF NOT EXISTS cm_recipient (
  campaign_id INTEGER NOT NULL, email TEXT NOT NULL, list_id INTEGER NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (campaign_id, email)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS cm_recipient_email ON cm_recipient (email, list_id);
CREATE TABLE IF NOT EXISTS cm_event (
  id INTEGER PRIMARY KEY, campaign_id INTEGER NOT NULL, list_id INTEGER NOT NULL, email TEXT NOT NULL,
  kind TEXT NOT NULL, at REAL NOT NULL, ip TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS cm_event_campaign ON cm_event (campaign_id, kind, id);
CREATE INDEX IF NOT EXISTS cm_event_email ON cm_event (email, campaign_id);
CREATE TABLE IF NOT EXISTS cm_hook (
  id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, list_id INTEGER NOT NULL,
  url TEXT NOT NULL, events TEXT NOT NULL, active INTEGER NOT NULL, delivered INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0, failing_since REAL, last_answer TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS cm_delivery (
  id INTEGER PRIMARY KEY AUTOINCREMENT, hook_id INTEGER NOT NULL, event TEXT NOT NULL,
  due REAL NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS cm_delivery_hook ON cm_delivery (hook_id, id);
"""

TABLES = (
    "cm_client cm_list cm_subscriber cm_suppressed cm_template cm_campaign cm_recipient cm_event cm_hook "
    "cm_delivery"
).split()

// Generated from schemas/contract by `python -m vestnik.contract.generate`; do not edit.

/** Campaign type. What a campaign sends. */
export type CRM_Marketing_CampaignType = "email" | "sms";

/** Campaign status. State of a campaign at the sending service. */
export type CRM_Marketing_CampaignStatus = "draft" | "moderation" | "declined" | "scheduled" | "sending" | "sent" | "paused" | "cancelled" | "failed";

/** Delivery status. What happened to one letter or message. */
export type CRM_Marketing_DeliveryStatus = "pending" | "sent" | "delivered" | "opened" | "clicked" | "unsubscribed" | "spam" | "softBounce" | "hardBounce" | "skipped" | "failed";

/** Subscriber status. State of a person in one list of the service. */
export type CRM_Marketing_SubscriberStatus = "subscribed" | "unsubscribed" | "pending" | "deleted" | "bounced";

/** Action type. What the system is asked to do after a webhook was parsed. */
export type CRM_Marketing_ActionType = "unsubscribe" | "updateDeliveryStatus" | "updateCampaign" | "updateCampaignStats" | "sendEmail" | "sendMessage";

/** Job status. State of long work at the service. */
export type CRM_Marketing_JobStatus = "running" | "done" | "failed";

/** Kind of refusal. Why the service did not take a row. */
export type CRM_Marketing_RejectCode = "invalid" | "duplicate" | "unsubscribed" | "blocked" | "planLimit" | "notFound" | "other";

/** Identifier in Vestnik. An identifier that Vestnik gave: of a contact, a campaign, a category. Always text. */
export type Id = string;

/** Identifier at the service. An identifier that the sending service gave. Numbers are written as text: str(number). */
export type ExternalId = string;

/** E-mail address. An e-mail address as the service writes it. */
export type Email = string;

/** Phone number. A phone number, best in the international form +79991234567. */
export type Phone = string;

/** Address of a recipient. An e-mail address or a phone number, according to the type of the campaign. */
export type Address = string;

/** Instant. A moment with its time zone, RFC 3339: 2026-11-21T10:00:00+03:00 or 2026-11-21T07:00:00Z. */
export type Instant = string;

/** Web address. An absolute address that begins with http:// or https://. */
export type Url = string;

/** Count. A whole number, zero or more. */
export type Count = number;

/** Cursor. Where the next page begins, in the module's own words; the platform only hands it back. */
export type Cursor = string;

/** Reason. Why it happened, in the service's own words. */
export type Reason = string;

/** HTML. A complete HTML document or a part of one. */
export type Html = string;

/** Fields. Additional fields by name; values are text, numbers, yes/no or nothing. */
export type Fields = Record<string, string | number | boolean | null>;

/** Text in both languages. The same text in Russian and in English. */
export interface CRM_Marketing_LocalText {
  /** In Russian. */
  ru: string;
  /** In English. */
  en: string;
}

/** Imported template. A template of letters that exists at the service. */
export interface CRM_Marketing_ImportTemplate {
  /** What the template is for; e-mail when left out. */
  type?: CRM_Marketing_CampaignType;
  /** The template's identifier at the service. */
  externalId: ExternalId;
  /** The template's name. */
  name: string;
  /** Subject of the letter. */
  subject?: string;
  /** A note about the template. */
  description?: string;
  /** Language tag, for example ru. */
  language?: string;
  /** A picture of the template. */
  thumbnailUrl?: Url;
  /** Where a person edits the template at the service. */
  editorUrl?: Url;
  /** When it was created. */
  createdAt?: Instant;
  /** When it was changed last. */
  updatedAt?: Instant;
}

/** Request to create a campaign. All that the service needs to send a campaign to the recipients that CRM_Marketing_PrepareCampaign passed. */
export interface CRM_Marketing_CreateCampaignRequest {
  /** Campaign type. */
  type: CRM_Marketing_CampaignType;
  /** The campaign in Vestnik. Put it where CRM_Marketing_FindCampaign finds it again: into the name or a tag. */
  campaignId: Id;
  /** The campaign's name in Vestnik. */
  name: string;
  /** How many recipients were prepared. */
  recipientCount: Count;
  /** Subject of the letter. */
  subject?: string;
  /** Text that mail programs show after the subject. */
  previewText?: string;
  /** Name of the sender; for SMS the approved sender name. */
  senderName?: string;
  /** Address of the sender. */
  senderEmail?: Email;
  /** Address for answers. */
  replyTo?: Email;
  /** The template at the service. */
  templateExternalId?: ExternalId;
  /** The letter's HTML, when it is kept in Vestnik. */
  html?: Html;
  /** Text of the SMS, or the plain text of the letter. */
  text?: string;
  /** The service's list that belongs to the campaign's category. */
  listExternalId?: ExternalId;
  /** The category of the campaign. */
  categoryId?: Id;
  /** Name of the category. */
  categoryName?: string;
  /** Language of the letter, for example ru. */
  language?: string;
  /** Count the opened letters. */
  trackOpens?: boolean;
  /** Count the clicks on links. */
  trackClicks?: boolean;
  /** Send at this moment; left out: at once. Vestnik waits for the schedule itself and leaves it out. */
  sendAt?: Instant;
}

/** Created campaign. The campaign that the service created. */
export interface CRM_Marketing_CreateCampaignResponse {
  /** The campaign's identifier at the service. */
  externalId: ExternalId;
  /** Its state; sending when left out. */
  status?: CRM_Marketing_CampaignStatus;
  /** Reason. */
  reason?: Reason;
  /** How many recipients the service will write to. */
  recipientCount?: Count;
  /** The campaign's page at the service. */
  url?: Url;
}

/** State of a campaign. What the service says about one campaign. */
export interface CRM_Marketing_CampaignState {
  /** The campaign's identifier at the service. */
  externalId: ExternalId;
  /** Campaign status. */
  status: CRM_Marketing_CampaignStatus;
  /** Why it was declined, held or failed. */
  reason?: Reason;
  /** How many recipients it has. */
  recipientCount?: Count;
  /** When sending began. */
  startedAt?: Instant;
  /** When sending ended. */
  finishedAt?: Instant;
  /** The campaign's page at the service. */
  url?: Url;
}

/** Campaign statistics. Numbers of one campaign. Leave out what the service does not count: a missing number is shown as unknown, zero is shown as zero. */
export interface CRM_Marketing_CampaignStats {
  /** Recipients in all. */
  recipients?: Count;
  /** Letters sent. */
  sent?: Count;
  /** Letters delivered. */
  delivered?: Count;
  /** Recipients who opened the letter. */
  opened?: Count;
  /** Openings in all. */
  openedTotal?: Count;
  /** Recipients who clicked a link. */
  clicked?: Count;
  /** Clicks in all. */
  clickedTotal?: Count;
  /** Recipients who unsubscribed. */
  unsubscribed?: Count;
  /** Letters not delivered, both kinds. */
  bounced?: Count;
  /** Permanent delivery errors. */
  hardBounced?: Count;
  /** Temporary delivery errors. */
  softBounced?: Count;
  /** Complaints about spam. */
  spam?: Count;
  /** Letters that the service did not send. */
  skipped?: Count;
}

/** Link of a campaign. How often a link of the letter was followed. */
export interface CRM_Marketing_CampaignLink {
  /** The link. */
  url: string;
  /** Clicks in all. */
  clicks: Count;
  /** Recipients who clicked. */
  uniqueClicks?: Count;
}

/** Delivery. What became of one recipient's letter. */
export interface CRM_Marketing_Delivery {
  /** E-mail address. */
  email?: Email;
  /** Phone number. */
  phone?: Phone;
  /** Delivery status. */
  status: CRM_Marketing_DeliveryStatus;
  /** When it happened at the service. */
  occurredAt?: Instant;
  /** The event's identifier at the service: the same event is applied once. */
  eventId?: string;
  /** The link that was clicked. */
  link?: string;
  /** Reason. */
  reason?: Reason;
  /** The letter's or message's identifier at the service. */
  messageExternalId?: ExternalId;
}

/** Page of deliveries. A part of the deliveries of a campaign. */
export interface CRM_Marketing_DeliveryPage {
  /** Where the next page begins; left out on the last page. */
  nextCursor?: Cursor;
  /** Rows of this page. */
  items: CRM_Marketing_Delivery[];
}

/** Deliveries or a job. A page of deliveries, or a job ticket when the service prepares the export. */
export type CRM_Marketing_DeliveryPageResult = CRM_Marketing_DeliveryPage | CRM_Marketing_JobTicket;

/** Incoming HTTP request. The request that came to the account's webhook address. A module sees it as an object: .method .path .query .headers .body .raw .json() .form(). */
export interface FetchRequest {
  /** GET, POST and so on. */
  method: string;
  /** Path of the address, with no secret part. */
  path: string;
  /** Query parameters; of a repeated one the last value. */
  query: Record<string, string>;
  /** Headers with names in lower case; repeated ones are joined by a comma. */
  headers: Record<string, string>;
  /** The body as text; null when it is not UTF-8. */
  body: string | null;
  /** The body in Base64, only when it is not UTF-8. */
  bodyBase64?: string;
}

/** Answer to the service. The HTTP answer to the webhook request. */
export interface CRM_Marketing_WebhookResponse {
  /** HTTP status; 200 when left out. */
  status?: number;
  /** Headers of the answer. */
  headers?: Record<string, string>;
  /** Body of the answer. */
  body?: string;
}

/** Outcome of a webhook. Actions for the system and the answer to the service. No response means 200; an exception that leaves the function means 500. */
export interface CRM_Marketing_WebhookResult {
  /** Answer to the service. */
  response?: CRM_Marketing_WebhookResponse;
  /** What the system should do, in this order. */
  actions?: CRM_Marketing_Action[];
}

/** All categories. Unsubscribe from every category. */
export interface CRM_Marketing_UnsubscribeAll {
  /** Always true. */
  all: true;
}

/** List at the service. Unsubscribe from the category that the service's list belongs to. */
export interface CRM_Marketing_UnsubscribeList {
  /** The list's identifier at the service. */
  listExternalId: ExternalId;
}

/** Unsubscribe. A person does not want letters of a category, or any letters. */
export interface CRM_Marketing_UnsubscribeAction {
  /** Always unsubscribe. */
  type: "unsubscribe";
  /** E-mail address. */
  email?: Email;
  /** Phone number. */
  phone?: Phone;
  /** The category: its id in Vestnik, or {all: true} for all, or {listExternalId} to name a list at the service. Left out: the category of the campaign, and without a campaign all. */
  externalId?: Id | CRM_Marketing_UnsubscribeAll | CRM_Marketing_UnsubscribeList;
  /** The campaign whose letter led to it. */
  campaignExternalId?: ExternalId;
  /** When it happened at the service. */
  occurredAt?: Instant;
  /** The event's identifier at the service: the same event is applied once. */
  eventId?: string;
  /** The link that was clicked. */
  link?: string;
  /** Reason. */
  reason?: Reason;
  /** The letter's or message's identifier at the service. */
  messageExternalId?: ExternalId;
}

/** Update the delivery status. Something happened to the letter of one recipient. */
export interface CRM_Marketing_UpdateDeliveryStatusAction {
  /** Always updateDeliveryStatus. */
  type: "updateDeliveryStatus";
  /** E-mail address. */
  email?: Email;
  /** Phone number. */
  phone?: Phone;
  /** The campaign's identifier at the service. Left out: found by the message, else the latest delivery to the address. */
  externalId?: ExternalId;
  /** Delivery status. */
  status: CRM_Marketing_DeliveryStatus;
  /** When it happened at the service. */
  occurredAt?: Instant;
  /** The event's identifier at the service: the same event is applied once. */
  eventId?: string;
  /** The link that was clicked. */
  link?: string;
  /** Reason. */
  reason?: Reason;
  /** The letter's or message's identifier at the service. */
  messageExternalId?: ExternalId;
}

/** Update the campaign. The state of a campaign changed at the service. */
export interface CRM_Marketing_UpdateCampaignAction {
  /** Always updateCampaign. */
  type: "updateCampaign";
  /** The campaign's identifier at the service. */
  externalId?: ExternalId;
  /** The campaign in Vestnik, when the service repeats it. */
  campaignId?: Id;
  /** Campaign status. */
  status: CRM_Marketing_CampaignStatus;
  /** When it happened at the service. */
  occurredAt?: Instant;
  /** The event's identifier at the service: the same event is applied once. */
  eventId?: string;
  /** The link that was clicked. */
  link?: string;
  /** Reason. */
  reason?: Reason;
  /** The letter's or message's identifier at the service. */
  messageExternalId?: ExternalId;
  /** Phone number. */
  phone?: Phone;
}

/** Update the campaign's statistics. The service sent new numbers of a campaign. */
export interface CRM_Marketing_UpdateCampaignStatsAction {
  /** Always updateCampaignStats. */
  type: "updateCampaignStats";
  /** The campaign's identifier at the service. */
  externalId?: ExternalId;
  /** The campaign in Vestnik, when the service repeats it. */
  campaignId?: Id;
  /** Campaign statistics. */
  stats: CRM_Marketing_CampaignStats;
  /** When it happened at the service. */
  occurredAt?: Instant;
  /** The event's identifier at the service: the same event is applied once. */
  eventId?: string;
  /** The link that was clicked. */
  link?: string;
  /** Reason. */
  reason?: Reason;
  /** The letter's or message's identifier at the service. */
  messageExternalId?: ExternalId;
  /** Phone number. */
  phone?: Phone;
}

/** Send a letter. Asks the system to send a letter. Not supported in this version: kept and shown. */
export interface CRM_Marketing_SendEmailAction {
  /** Always sendEmail. */
  type: "sendEmail";
  /** The recipient. */
  email: Email;
  /** Subject of the letter. */
  subject: string;
  /** HTML. */
  html?: Html;
  /** Plain text of the letter. */
  text?: string;
  /** When it happened at the service. */
  occurredAt?: Instant;
  /** The event's identifier at the service: the same event is applied once. */
  eventId?: string;
  /** The link that was clicked. */
  link?: string;
  /** Reason. */
  reason?: Reason;
  /** The letter's or message's identifier at the service. */
  messageExternalId?: ExternalId;
  /** Phone number. */
  phone?: Phone;
}

/** Messenger bot. A bot of a messenger that is connected at the service. */
export interface CRM_Marketing_MessengerBot {
  /** The bot's identifier at the service. */
  externalId: ExternalId;
  /** Name of the bot. */
  name?: string;
  /** The messenger, for example telegram. */
  messenger?: string;
}

/** Send a message in a messenger. Asks the system to send a message through a bot. Not supported in this version: kept and shown. */
export interface CRM_Marketing_SendMessageAction {
  /** Always sendMessage. */
  type: "sendMessage";
  /** Messenger bot. */
  bot: CRM_Marketing_MessengerBot;
  /** The person in the messenger. */
  recipientExternalId: ExternalId;
  /** Text of the message. */
  text: string;
  /** E-mail address. */
  email?: Email;
  /** Phone number. */
  phone?: Phone;
  /** When it happened at the service. */
  occurredAt?: Instant;
  /** The event's identifier at the service: the same event is applied once. */
  eventId?: string;
  /** The link that was clicked. */
  link?: string;
  /** Reason. */
  reason?: Reason;
  /** The letter's or message's identifier at the service. */
  messageExternalId?: ExternalId;
}

/** Action. What the system does as the outcome of a service's notification. */
export type CRM_Marketing_Action = CRM_Marketing_UnsubscribeAction | CRM_Marketing_UpdateDeliveryStatusAction | CRM_Marketing_UpdateCampaignAction | CRM_Marketing_UpdateCampaignStatsAction | CRM_Marketing_SendEmailAction | CRM_Marketing_SendMessageAction;

/** Rejected row. One row that the service did not take. */
export interface CRM_Marketing_RejectedRow {
  /** The element of the argument that was refused: a contact id, an address or a list id, exactly as it was passed. */
  key: string;
  /** Reason. */
  reason: Reason;
  /** Kind of refusal. */
  code?: CRM_Marketing_RejectCode;
}

/** Report by rows. What became of each row of a bulk call: the rows in `rejected` were refused, all others were accepted. */
export interface CRM_Marketing_BulkReport {
  /** Refused rows with their reasons; empty when all were accepted. */
  rejected: CRM_Marketing_RejectedRow[];
  /** How many rows the service says it took. */
  accepted?: Count;
}

/** Job ticket. The service does the work later; the platform asks CRM_Marketing_GetJob until it is done. */
export interface CRM_Marketing_JobTicket {
  /** The job's identifier at the service or in the module's storage. */
  jobId: string;
  /** Ask for the first time after so many seconds. */
  pollAfterSeconds?: number;
}

/** Result of a bulk call. A report by rows at once, or a job ticket for work that goes on. */
export type CRM_Marketing_BulkResult = CRM_Marketing_BulkReport | CRM_Marketing_JobTicket;

/** Job. State of long work at the service. */
export interface CRM_Marketing_Job {
  /** The job's identifier. */
  jobId: string;
  /** Job status. */
  status: CRM_Marketing_JobStatus;
  /** Share that is done, from 0 to 1. */
  progress?: number;
  /** Report of a finished bulk operation. */
  result?: CRM_Marketing_BulkReport;
  /** For a finished export: call the function that began the job again with this cursor and read the rows. */
  cursor?: Cursor;
  /** Why the job failed. */
  reason?: Reason;
  /** Ask again after so many seconds. */
  pollAfterSeconds?: number;
}

/** List. A list of subscribers at the service. */
export interface CRM_Marketing_List {
  /** The list's identifier at the service. */
  externalId: ExternalId;
  /** Name of the list. */
  name: string;
  /** How many subscribers it has. */
  subscriberCount?: Count;
  /** When it was changed last. */
  updatedAt?: Instant;
}

/** Page of lists. A part of the service's lists. */
export interface CRM_Marketing_ListPage {
  /** Where the next page begins; left out on the last page. */
  nextCursor?: Cursor;
  /** Rows of this page. */
  items: CRM_Marketing_List[];
}

/** Lists or a job. A page of lists, or a job ticket when the service prepares it. */
export type CRM_Marketing_ListPageResult = CRM_Marketing_ListPage | CRM_Marketing_JobTicket;

/** Data of a subscriber. What Vestnik tells the service about a person. */
export interface CRM_Marketing_SubscriberData {
  /** E-mail address. */
  email?: Email;
  /** Phone number. */
  phone?: Phone;
  /** Name of the person. */
  name?: string;
  /** The contact in Vestnik. */
  contactId?: Id;
  /** Fields. */
  fields?: Fields;
}

/** Subscriber. A person in a list of the service. */
export interface CRM_Marketing_Subscriber {
  /** E-mail address. */
  email?: Email;
  /** Phone number. */
  phone?: Phone;
  /** Subscriber status. */
  status: CRM_Marketing_SubscriberStatus;
  /** The person's identifier at the service. */
  externalId?: ExternalId;
  /** Name of the person. */
  name?: string;
  /** When the person was added to the list. */
  addedAt?: Instant;
  /** Fields. */
  fields?: Fields;
}

/** Page of subscribers. A part of a list's subscribers. */
export interface CRM_Marketing_SubscriberPage {
  /** Where the next page begins; left out on the last page. */
  nextCursor?: Cursor;
  /** Rows of this page. */
  items: CRM_Marketing_Subscriber[];
}

/** Subscribers or a job. A page of subscribers, or a job ticket when the service prepares the export. */
export type CRM_Marketing_SubscriberPageResult = CRM_Marketing_SubscriberPage | CRM_Marketing_JobTicket;

/** Subscription. A person's state in one list. */
export interface CRM_Marketing_Subscription {
  /** The list at the service. */
  listExternalId: ExternalId;
  /** Name of the list. */
  listName?: string;
  /** Subscriber status. */
  status: CRM_Marketing_SubscriberStatus;
  /** When the state changed. */
  changedAt?: Instant;
}

/** Recent campaign of a person. A campaign that the person received. */
export interface CRM_Marketing_RecentCampaign {
  /** The campaign's identifier at the service. */
  externalId?: ExternalId;
  /** Name or subject of the campaign. */
  name: string;
  /** When it was sent. */
  sentAt?: Instant;
  /** How often the person opened it. */
  opens?: Count;
  /** How often the person clicked in it. */
  clicks?: Count;
}

/** Activity of a person. Averages over the campaigns that the person received. */
export interface CRM_Marketing_SubscriberActivity {
  /** Openings for one campaign. */
  averageOpens?: number;
  /** Clicks for one campaign. */
  averageClicks?: number;
  /** The last opening. */
  lastOpenedAt?: Instant;
  /** The last click. */
  lastClickedAt?: Instant;
}

/** Subscriber's card. All that the service knows about one person. */
export interface CRM_Marketing_SubscriberProfile {
  /** E-mail address. */
  email?: Email;
  /** Phone number. */
  phone?: Phone;
  /** The person's identifier at the service. */
  externalId?: ExternalId;
  /** Name of the person. */
  name?: string;
  /** The person's lists; empty when in none. */
  lists: CRM_Marketing_Subscription[];
  /** The latest campaigns first, or "unknown" when the service does not tell. */
  recentCampaigns: CRM_Marketing_RecentCampaign[] | "unknown";
  /** Activity of a person. */
  activity?: CRM_Marketing_SubscriberActivity;
}

/** Change of a subscription. The state that a person should have in a list. */
export interface CRM_Marketing_SubscriptionChange {
  /** The list at the service. */
  listExternalId: ExternalId;
  /** true: subscribe; false: unsubscribe. */
  subscribed: boolean;
}

/** Account at the service. The login, plan and limits at the service. */
export interface CRM_Marketing_Account {
  /** The account's identifier. */
  externalId?: ExternalId;
  /** Name of the account. */
  name?: string;
  /** The owner's e-mail address. */
  email?: Email;
  /** Name of the plan. */
  plan?: string;
  /** How many subscribers the plan allows. */
  subscriberLimit?: Count;
  /** How many subscribers there are. */
  subscriberCount?: Count;
  /** How many letters the plan allows in its period. */
  sendLimit?: Count;
  /** How many of them are used. */
  sentCount?: Count;
  /** Money on the account. */
  balance?: number;
  /** Currency of the balance, for example RUB. */
  currency?: string;
  /** The account's time zone, for example Europe/Moscow. */
  timezone?: string;
  /** Until when it is paid. */
  paidUntil?: Instant;
}

/** Check of the account. Whether the service accepts the account's settings. */
export interface CRM_Marketing_AccountCheck {
  /** true: the service accepted them. */
  ok: boolean;
  /** A sentence for a person: what is wrong and what to do. */
  message?: string | CRM_Marketing_LocalText;
  /** The name of the setting that the service did not accept, for example api_key. */
  setting?: string;
  /** Account at the service. */
  account?: CRM_Marketing_Account;
}

/** Sender. An address or name that the service may send from. */
export interface CRM_Marketing_Sender {
  /** E-mail address. */
  email?: Email;
  /** Phone number. */
  phone?: Phone;
  /** Name of the sender; for SMS the approved sender name. */
  name?: string;
  /** The sender's identifier at the service. */
  externalId?: ExternalId;
  /** Whether the service lets it send. */
  verified?: boolean;
}

/** Webhook at the service. How the service reports to Vestnik. */
export interface CRM_Marketing_WebhookSubscription {
  /** The address that the service calls. */
  url: Url;
  /** Whether the service sends events there. */
  active: boolean;
  /** The webhook's identifier at the service. */
  externalId?: ExternalId;
  /** Kinds of events that are reported. */
  events?: string[];
}

/** Category of a contact. Whether the contact wants letters of a category. */
export interface CRM_Marketing_ContactCategory {
  /** The category in Vestnik. */
  id: Id;
  /** Name of the category. */
  name: string;
  /** Whether the contact is subscribed. */
  subscribed: boolean;
  /** The service's list that belongs to the category. */
  listExternalId?: ExternalId;
}

/** Contact. What `await contacts(ids)` gives a module about a person. */
export interface CRM_Marketing_Contact {
  /** The contact in Vestnik. */
  id: Id;
  /** Full name. */
  name: string;
  /** First name. */
  firstName?: string;
  /** Patronymic. */
  middleName?: string;
  /** Last name. */
  lastName?: string;
  /** Name of the company. */
  company?: string;
  /** The contact's language, for example ru. */
  language?: string;
  /** E-mail addresses, the primary one first. */
  emails: Email[];
  /** Phone numbers, the primary one first. */
  phones: Phone[];
  /** Fields. */
  fields: Fields;
  /** Categories with the contact's choice. */
  categories: CRM_Marketing_ContactCategory[];
}

export interface ContractFunctions {
  /** Import templates */
  CRM_Marketing_ImportTemplates(offset: number, limit: number): Promise<CRM_Marketing_ImportTemplate[]>;
  /** Export contacts */
  CRM_Marketing_ExportContacts(contactIds: Id[]): Promise<null | CRM_Marketing_BulkResult>;
  /** Prepare a campaign */
  CRM_Marketing_PrepareCampaign(campaignId: Id, type: CRM_Marketing_CampaignType, contacts: Address[]): Promise<null | CRM_Marketing_BulkResult>;
  /** Create a campaign */
  CRM_Marketing_CreateCampaign(request: CRM_Marketing_CreateCampaignRequest): Promise<CRM_Marketing_CreateCampaignResponse>;
  /** Get campaign statistics */
  CRM_Marketing_GetCampaignStats(campaignExternalId: ExternalId): Promise<CRM_Marketing_CampaignStats>;
  /** Parse a webhook request */
  CRM_Marketing_ParseWebhookRequest(request: FetchRequest): Promise<CRM_Marketing_WebhookResult>;
  /** Get a template's HTML */
  CRM_Marketing_GetTemplateHTML(templateExternalId: ExternalId): Promise<Html>;
  /** Check the account */
  CRM_Marketing_CheckAccount(): Promise<CRM_Marketing_AccountCheck>;
  /** Get the account */
  CRM_Marketing_GetAccount(): Promise<CRM_Marketing_Account>;
  /** Get senders */
  CRM_Marketing_GetSenders(): Promise<CRM_Marketing_Sender[]>;
  /** Get lists */
  CRM_Marketing_GetLists(cursor: null | Cursor): Promise<CRM_Marketing_ListPageResult>;
  /** Create a list */
  CRM_Marketing_CreateList(name: string): Promise<CRM_Marketing_List>;
  /** Get subscribers of a list */
  CRM_Marketing_GetListSubscribers(listExternalId: ExternalId, cursor: null | Cursor): Promise<CRM_Marketing_SubscriberPageResult>;
  /** Add subscribers */
  CRM_Marketing_AddSubscribers(listExternalId: ExternalId, subscribers: CRM_Marketing_SubscriberData[]): Promise<null | CRM_Marketing_BulkResult>;
  /** Remove subscribers */
  CRM_Marketing_RemoveSubscribers(listExternalId: ExternalId, contacts: Address[]): Promise<null | CRM_Marketing_BulkResult>;
  /** Get a subscriber */
  CRM_Marketing_GetSubscriber(contact: Address): Promise<null | CRM_Marketing_SubscriberProfile>;
  /** Update subscriptions */
  CRM_Marketing_UpdateSubscriptions(subscriber: CRM_Marketing_SubscriberData, changes: CRM_Marketing_SubscriptionChange[]): Promise<null | CRM_Marketing_BulkReport>;
  /** Send a test */
  CRM_Marketing_SendTest(request: CRM_Marketing_CreateCampaignRequest, contacts: Address[]): Promise<null | CRM_Marketing_BulkReport>;
  /** Set up the webhook */
  CRM_Marketing_EnsureWebhook(url: Url): Promise<CRM_Marketing_WebhookSubscription>;
  /** Withdraw recipients */
  CRM_Marketing_WithdrawRecipients(campaignId: Id, type: CRM_Marketing_CampaignType, contacts: Address[]): Promise<null>;
  /** Find a campaign */
  CRM_Marketing_FindCampaign(campaignId: Id, since: Instant): Promise<null | CRM_Marketing_CampaignState>;
  /** Get a campaign's state */
  CRM_Marketing_GetCampaignStatus(campaignExternalId: ExternalId): Promise<CRM_Marketing_CampaignState>;
  /** Cancel a campaign */
  CRM_Marketing_CancelCampaign(campaignExternalId: ExternalId): Promise<CRM_Marketing_CampaignState>;
  /** Get a campaign's links */
  CRM_Marketing_GetCampaignLinks(campaignExternalId: ExternalId): Promise<CRM_Marketing_CampaignLink[]>;
  /** Get deliveries */
  CRM_Marketing_GetDeliveries(campaignExternalId: ExternalId, since: null | Instant, cursor: null | Cursor): Promise<CRM_Marketing_DeliveryPageResult>;
  /** Get a job */
  CRM_Marketing_GetJob(jobId: string): Promise<CRM_Marketing_Job>;
}

export type ContractFunctionName = keyof ContractFunctions;

export interface ContractText {
  ru: string;
  en: string;
}

export interface ContractParameter {
  name: string;
  type: string;
  description: ContractText;
  schema: object;
  sample: unknown;
}

export interface ContractFunction {
  name: ContractFunctionName;
  title: ContractText;
  description: ContractText;
  declaration: string;
  required: boolean;
  repeatable: boolean;
  limit: "parse" | "interactive" | "bulk";
  limitSeconds: number;
  parameters: ContractParameter[];
  returns: { type: string; description: ContractText; schema: object; sample: unknown };
}

export interface ContractField {
  name: string;
  type: string;
  description: ContractText;
  required: boolean;
}

export interface ContractType {
  name: string;
  kind: "enum" | "object" | "union" | "value";
  group: string;
  title: ContractText;
  description: ContractText;
  members: { name: string; value: string; title: ContractText }[];
  fields: ContractField[];
  atLeastOneOf: string[];
}

export interface ContractDescription {
  functions: ContractFunction[];
  types: ContractType[];
  constants: Record<string, string[]>;
  operations: string[];
  definitions: Record<string, object>;
}

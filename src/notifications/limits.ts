// Every named maximum of the notifications room.

/** Longest URL a notification is sent to: endpoint, type and id together. */
export const NOTIFICATION_URL_LENGTH_MAX = 2_048 + 200;

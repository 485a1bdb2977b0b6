// The door of the channels room: how bytes leave.
export type { AttemptOutcome, Channel, OutcomeClass, ResponseNote, SendOptions } from './channel.contract';
export { ChannelCatalogue, channelCatalogue, channelList, type ChannelDeps } from './channels';
export { classify, classOfStatus, isDoubtful } from './classify';

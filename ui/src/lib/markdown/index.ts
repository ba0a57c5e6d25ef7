// All that shows replies. Fetched when the first reply is there, beside it.
export { ReplyView } from './view.ts';

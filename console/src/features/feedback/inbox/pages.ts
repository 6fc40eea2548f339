/** What is done about answers loads together: the first load knows one name of it. */
export { ImportPage } from "./ImportPage";
export { Inbox } from "./Inbox";
export { Rules } from "./Rules";

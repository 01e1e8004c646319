import { type Connection, useConnection } from "../api";
import css from "./connection.module.css";

const words: Record<Connection, [word: string, more: string]> = {
  connecting: ["Connecting", "The page begins to follow the server."],
  live: ["Live", "What is shown follows the server."],
  reconnecting: [
    "Reconnecting",
    "The server does not answer. What is shown may be old; it is made current once it answers.",
  ],
  resting: ["Resting", "The page was out of sight; it goes on when it is looked at."],
};

/** Whether what is shown is current. */
export function ConnectionState() {
  const connection = useConnection();
  const [word, more] = words[connection];
  return (
    <output className={css.state} data-state={connection} title={more}>
      <span className={css.dot} aria-hidden="true" />
      {word}
    </output>
  );
}

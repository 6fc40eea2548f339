import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch, IconUsers } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useCustomers, type CustomerRow } from "../../api/customers";
import { Simulated } from "../../design/Badges";
import { useFormat } from "../../design/format";
import { More } from "../../design/More";
import { plain } from "../../design/Properties";
import { Answer, Empty } from "../../design/states";
import { useText } from "../../design/text";
import styles from "./CustomerList.module.css";
import { Face } from "./Face";

export function CustomerList() {
  const say = useText();
  const navigate = useNavigate({ from: "/customers" });
  const { q = "" } = useSearch({ from: "/rooms/people/customers" });
  const [text, setText] = useState(q);
  const [asked] = useDebouncedValue(text.trim(), 150);
  useEffect(() => {
    void navigate({ search: asked ? { q: asked } : {}, replace: true });
  }, [asked, navigate]);
  const customers = useCustomers(asked);
  return (
    <>
      <p className="dim">{say("customers.lead")}</p>
      <TextInput
        size="md"
        type="search"
        autoFocus
        leftSection={<IconSearch size={18} aria-hidden="true" />}
        aria-label={say("customers.search")}
        placeholder={say("customers.search")}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Answer of={customers}>
        {(data) => {
          const items = data.pages.flatMap((page) => page.items);
          if (items.length === 0) {
            return asked ? (
              <Empty icon={<IconSearch />} title={say("customers.none", { q: asked })}>
                {say("customers.none.words")}
              </Empty>
            ) : (
              <Empty icon={<IconUsers />} title={say("customers.empty")} action={<Link to="/data/sources">{say("customers.empty.do")}</Link>}>
                {say("customers.empty.words")}
              </Empty>
            );
          }
          return (
            <div className="card flush" data-fading={customers.isPlaceholderData}>
              <div className="visually-hidden" role="status">
                {say("customers.found", { count: items.length, more: customers.hasNextPage ? "yes" : "no" })}
              </div>
              <ul className={styles.list}>
                {items.map((customer) => (
                  <Row key={customer.profile} customer={customer} />
                ))}
              </ul>
              <More of={customers} />
            </div>
          );
        }}
      </Answer>
    </>
  );
}

function Row({ customer }: { customer: CustomerRow }) {
  const say = useText();
  const format = useFormat();
  const name = customer.name || customer.email || say("customer.anonymous");
  const traits = Object.entries(customer.traits)
    .filter(([key, value]) => !["name", "email", "firstName", "lastName"].includes(key) && (typeof value !== "object" || value === null))
    .slice(0, 3);
  return (
    <li>
      <Link to="/customers/$profile" params={{ profile: customer.profile }} className={styles.row}>
        <Face name={customer.name || customer.email || ""} seed={customer.profile} />
        <span className={styles.who}>
          <span className="row" style={{ gap: 8, flexWrap: "nowrap" }}>
            <strong className="clip">{name}</strong>
            {customer.simulated ? <Simulated short /> : null}
          </span>
          <span className="dim small clip">{customer.name && customer.email ? customer.email : customer.profile}</span>
        </span>
        <span className={styles.traits}>{traits.map(([key, value]) => `${key}: ${plain(value)}`).join(" · ")}</span>
        <span className={styles.when}>
          <span>{say("people.events", { count: customer.events })}</span>
          <span className="dim">{customer.last_seen ? format.ago(customer.last_seen) : say("word.never")}</span>
        </span>
      </Link>
    </li>
  );
}

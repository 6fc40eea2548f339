import { Alert, Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowsJoin } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect } from "react";
import { useCustomer, type Customer } from "../../api/customers";
import { useMay } from "../../api/session";
import { Simulated } from "../../design/Badges";
import { ChannelIcon, channelColor, useChannelName } from "../../design/channels";
import { useFormat } from "../../design/format";
import { Page } from "../../design/Page";
import { Failed, Lines, Stale } from "../../design/states";
import { useText } from "../../design/text";
import { ConsentCard } from "./ConsentCard";
import { ContactsCard } from "./ContactsCard";
import styles from "./CustomerPage.module.css";
import { Face } from "./Face";
import { IdentityCard } from "./IdentityCard";
import { MergeDialog } from "./MergeDialog";
import { SegmentsCard } from "./segments/SegmentsCard";
import { Timeline } from "./Timeline";
import { TraitsCard } from "./TraitsCard";

/** The whole story of one customer on one page, across channels. */
export function CustomerPage() {
  const say = useText();
  const { profile } = useParams({ from: "/rooms/customers/$profile" });
  const customer = useCustomer(profile);
  if (customer.data) return <Loaded key={profile} asked={profile} customer={customer.data} stale={customer.error ? <Stale at={customer.dataUpdatedAt} retry={() => void customer.refetch()} /> : null} />;
  return (
    <Page title={profile} lead={<Link to="/customers">{say("room.customers")}</Link>}>
      {customer.error ? <Failed error={customer.error} retry={() => void customer.refetch()} /> : <Lines count={8} />}
    </Page>
  );
}

function Loaded({ asked, customer, stale }: { asked: string; customer: Customer; stale: React.ReactNode }) {
  const say = useText();
  const may = useMay("profiles:write");
  const [merging, { open, close }] = useDisclosure(false);
  const name = customer.name || customer.email || say("customer.anonymous");
  const shown = customer.canonical ?? customer.profile;
  useEffect(() => {
    document.title = `${name} · Resa`;
  }, [name]);
  return (
    <div className={styles.page}>
      <nav aria-label={say("word.breadcrumb")} className="small">
        <Link to="/customers">{say("room.customers")}</Link>
      </nav>
      {stale}
      {customer.canonical ? (
        <Alert color="yellow">
          {say("customer.merged", { profile: asked })}{" "}
          <Link to="/customers/$profile" params={{ profile: customer.canonical }}>
            {customer.canonical}
          </Link>
        </Alert>
      ) : null}
      <header className={styles.head}>
        <Face name={customer.name || customer.email || ""} seed={customer.profile} large />
        <div className={styles.who}>
          <h1 className="row">
            {name} {customer.simulated ? <Simulated /> : null}
          </h1>
          <div className="dim">{[customer.name ? customer.email : null, shown].filter(Boolean).join(" · ")}</div>
        </div>
        {may ? (
          <Button variant="default" size="xs" leftSection={<IconArrowsJoin size={14} aria-hidden="true" />} onClick={open}>
            {say("merge.open")}
          </Button>
        ) : null}
      </header>
      <Facts customer={customer} />
      <div className={styles.columns}>
        <section className={styles.timeline} aria-labelledby="timeline">
          <Timeline profile={shown} channels={customer.channels.map((one) => one.channel)} />
        </section>
        <div className={styles.side}>
          <TraitsCard customer={customer} editable={may} />
          <SegmentsCard profile={shown} who={name} />
          <ConsentCard customer={customer} editable={may} />
          <ContactsCard profile={shown} />
          <IdentityCard customer={customer} editable={may} />
        </div>
      </div>
      {merging ? <MergeDialog customer={customer} close={close} /> : null}
    </div>
  );
}

function Facts({ customer }: { customer: Customer }) {
  const say = useText();
  const format = useFormat();
  const nameOf = useChannelName();
  const used = customer.channels.filter((one) => one.events > 0);
  return (
    <dl className={styles.facts}>
      <div>
        <dt>{say("word.events")}</dt>
        <dd>{format.number(customer.events)}</dd>
      </div>
      {customer.revenue.map((money) => (
        <div key={money.currency ?? ""}>
          <dt>{say("customer.revenue", { orders: money.orders })}</dt>
          <dd>{format.money(money.total, money.currency ?? "")}</dd>
        </div>
      ))}
      {customer.first_seen ? (
        <div>
          <dt>{say("customer.first")}</dt>
          <dd>{format.date(customer.first_seen)}</dd>
        </div>
      ) : null}
      {customer.last_seen ? (
        <div>
          <dt>{say("customer.last")}</dt>
          <dd>{format.ago(customer.last_seen)}</dd>
        </div>
      ) : null}
      {used.length > 0 ? (
        <div className={styles.channels}>
          <dt>{say("customer.channels")}</dt>
          <dd>
            <span className={styles.mix} aria-hidden="true">
              {used.map((one) => (
                <span key={one.channel} style={{ flexGrow: one.events, background: channelColor(one.channel) }} />
              ))}
            </span>
            <span className={styles.legend}>
              {used.map((one) => (
                <span key={one.channel}>
                  <ChannelIcon channel={one.channel} size={14} named /> {nameOf(one.channel)} {format.number(one.events)}
                </span>
              ))}
            </span>
          </dd>
        </div>
      ) : null}
    </dl>
  );
}

import { useEstate } from "../hooks/useEstate";
import { shortType } from "../lib/format";

interface Props {
  type: string;
  account: string;
  region: string;
}

/** Where a resource is and of what kind: the line below its name. */
export function ResourcePlace({ type, account, region }: Props) {
  const { accountName } = useEstate();
  return (
    <div className="place">
      {shortType(type)} · {accountName(account)} · <span className="nowrap">{region}</span>
    </div>
  );
}

/** An account as people know it, with its number. */
export function AccountName({ id }: { id: string }) {
  const { accountName } = useEstate();
  const name = accountName(id);
  return name === id ? (
    <span className="nowrap">{id}</span>
  ) : (
    <>
      {name} <span className="quiet nowrap">{id}</span>
    </>
  );
}

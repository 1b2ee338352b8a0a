import Button from "@cloudscape-design/components/button";
import { Empty } from "../components/DataTable";

export function NotFoundPage() {
  return (
    <Empty title="There is no such page" action={<Button href="#/">Go to the overview</Button>}>
      The address may be of another version of the console.
    </Empty>
  );
}

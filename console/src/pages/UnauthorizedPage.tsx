import Alert from "@cloudscape-design/components/alert";

/** Without a token nothing can be shown; says how to come by the right address. */
export function UnauthorizedPage() {
  return (
    <main className="unauthorized" data-testid="unauthorized">
      <Alert type="warning" header="This window has no valid token">
        <p>
          Open the console with the address that <code>reeve serve</code> (or <code>reeve demo</code>) prints when it
          starts: it ends in <code>#token=…</code>.
        </p>
        <p>
          The token is kept for one browser tab only and leaves the address bar, so a copied address or a new tab needs
          it again.
        </p>
      </Alert>
    </main>
  );
}

import { Component, type ReactNode } from "react";
import { ErrorPanel } from "../kit";

/** Keeps a page that fails from taking the others along. */
export class Boundary extends Component<{ children: ReactNode }, { error: Error | undefined }> {
  override state = { error: undefined as Error | undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    // After an update of the server the scripts of the old page are gone.
    const isOutdated = /import|module|fetch/i.test(error.message);
    return (
      <div style={{ padding: 24 }}>
        <ErrorPanel
          title={isOutdated ? "This part of the app could not be loaded" : "This page has a fault"}
          failure={{
            message: error.message,
            hint: isOutdated ? "the server may have been updated: load the page again" : "please report what you did",
            retry: () => window.location.reload(),
          }}
        />
      </div>
    );
  }
}

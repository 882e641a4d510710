// SPDX-License-Identifier: GPL-3.0-or-later
// The search of the site runs in a web worker. Browsers refuse workers to pages that were opened from disk, so there
// it runs in a hidden frame instead.

class IFrameWorker extends EventTarget {
  constructor(url) {
    super();
    const frame = document.createElement("iframe");
    frame.hidden = true;
    document.body.appendChild(frame);
    this.inside = frame.contentWindow;
    const page = this.inside.document;
    page.open();
    page.write("<!doctype html><body></body>");
    page.close();
    this.inside.postMessage = (data) =>
      setTimeout(() => this.dispatchEvent(new MessageEvent("message", { data })));
    this.inside.importScripts = (...urls) => Promise.all(urls.map((each) => this.load(each)));
    this.ready = this.load(url);
  }

  load(url) {
    return new Promise((resolve, reject) => {
      const script = this.inside.document.createElement("script");
      script.src = new URL(url, location.href).href;
      script.onload = resolve;
      script.onerror = reject;
      this.inside.document.body.appendChild(script);
    });
  }

  postMessage(data) {
    this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })));
  }

  terminate() {
    this.inside.frameElement?.remove();
  }
}

if (location.protocol === "file:") window.Worker = window.IFrameWorker = IFrameWorker;

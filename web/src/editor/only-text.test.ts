import { expect, it } from "vitest";
import { onlyText } from "./only-text";

it.each([
  ["<p>Gives <strong>all</strong> of <code>it</code>.</p>", "<p>Gives <strong>all</strong> of <code>it</code>.</p>"],
  ['<pre><code><span class="x" style="color:red" onclick="y()">def</span></code></pre>', '<pre><code><span class="x">def</span></code></pre>'],
  ['<p><a href="javascript:alert(1)">see</a> <img src=x onerror=alert(1)></p>', "<p>see </p>"],
  ["<script>alert(1)</script><style>p{}</style><p>text</p>", "<p>text</p>"],
  ['<svg onload="alert(1)"><p>x</p></svg><iframe srcdoc="<p>y</p>"></iframe>', ""],
  ["<p>1 &lt; 2 &amp;&amp; &lt;b&gt;</p>", "<p>1 &lt; 2 &amp;&amp; &lt;b&gt;</p>"],
])("a docstring as %s is shown as %s", (given, shown) => {
  expect(onlyText(given)).toBe(shown);
});

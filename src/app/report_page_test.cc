#include "app/report_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/report_chart.h"

namespace fairlead::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ReportPage page_with(ReportNumber number) {
  ReportPage page;
  page.repository = "github.com/acme/api";
  page.version = "1";
  page.range = {*parse_time("2026-01-01T00:00:00Z"), *parse_time("2026-04-11T00:00:00Z")};
  page.as_of = page.range.to;
  page.numbers.push_back(std::move(number));
  return page;
}

ReportNumber lead_time() {
  ReportNumber one;
  one.number.metric = MetricName("change_lead_time");
  one.number.unit = "seconds";
  one.number.value = 3 * 86'400;
  one.number.n = 2;
  one.number.coverage = 0.5;
  one.number.interval_low = 7'200;
  one.number.interval_high = 4 * 86'400;
  one.number.exclusions = {{"negative_leg", 7}};
  one.formula = "Median time.";
  one.rows = {{*parse_time("2026-02-03T00:00:00Z"), "v1.2", "1f3a5c7e9b0d2f4a", "Faster login", 86'400.0 * 3, ""},
              {*parse_time("2026-02-03T00:00:00Z"), "v1.2", "2222", "From the future", std::nullopt, "negative_leg"}};
  return one;
}

TEST(ReportPage, a_number_says_what_it_is_made_of) {
  const std::string html = render(page_with(lead_time()));
  for (const char* const text :
       {"3 days", "n = 2", "coverage 50 %", "95 % interval: 2 hours to 4 days", "left out: 7 × negative leg",
        "1f3a5c7e9b0d", "Faster login", "left out: negative leg", "Median time.", "2026-02-03"}) {
    EXPECT_THAT(html, HasSubstr(text));
  }
}

TEST(ReportPage, unknown_is_named_and_is_no_zero) {
  ReportNumber one;
  one.number.metric = MetricName("incident_mttr");
  one.number.unknown = "no_incident_source";
  const std::string html = render(page_with(one));
  EXPECT_THAT(html, HasSubstr("Incident mttr: no incident source"));
  EXPECT_THAT(html, Not(HasSubstr("class=\"value\"")));
}

TEST(ReportPage, needs_nothing_but_itself) {
  const std::string html = render(page_with(lead_time()));
  for (const char* const text : {"<script", "http://", "https://", "src=", "url(", "@import"}) {
    EXPECT_THAT(html, Not(HasSubstr(text)));
  }
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme:dark"));
}

TEST(ReportPage, text_of_others_is_text) {
  const std::string evil = "<img src=x onerror=alert(1)>\"'&\x1b[31m\u202e\u2066\u0085\xff";
  ReportNumber one = lead_time();
  one.rows[0].text = evil;
  one.rows[0].release = evil;
  one.rows[0].subject = "<b>";
  one.formula = evil;
  one.number.notes = {evil};
  one.number.exclusions = {{evil, 1}};
  ReportPage page = page_with(one);
  page.repository = evil;
  page.remarks = {evil};
  page.months = {{evil, 1, 2.0}};
  const std::string html = render(page);
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
  for (const char* const text : {"\x1b", "\u202e", "\u2066", "\u0085", "\xff"}) EXPECT_THAT(html, Not(HasSubstr(text)));
  EXPECT_THAT(html, HasSubstr("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;"));
}

TEST(ReportPage, rows_that_were_cut_are_said_to_be) {
  ReportNumber one = lead_time();
  EXPECT_THAT(render(page_with(one)), Not(HasSubstr("There are more rows")));
  one.rows_cut = true;
  EXPECT_THAT(render(page_with(one)), HasSubstr("There are more rows"));
}

TEST(ReportPage, lengths_of_time_are_short) {
  EXPECT_EQ(duration_text(0), "0 seconds");
  EXPECT_EQ(duration_text(119), "119 seconds");
  EXPECT_EQ(duration_text(120), "2 minutes");
  EXPECT_EQ(duration_text(2 * 86'400), "2 days");
  EXPECT_EQ(duration_text(4'101'360), "47.5 days");
  EXPECT_EQ(duration_text(365 * 86'400), "365 days");
}

TEST(BarChart, unknown_is_no_bar) {
  const std::string svg = bar_chart({"t", {{"2026-01", 3.0}, {"2026-02", std::nullopt}, {"2026-03", 0.0}}});
  EXPECT_THAT(svg, HasSubstr("2026-01: 3<"));
  EXPECT_THAT(svg, Not(HasSubstr("2026-02:")));
  EXPECT_THAT(svg, HasSubstr("2026-03: 0<"));
}

TEST(BarChart, without_bars_it_is_still_a_figure) {
  EXPECT_THAT(bar_chart({"nothing", {}}), HasSubstr("</svg></figure>"));
}

}  // namespace
}  // namespace fairlead::app

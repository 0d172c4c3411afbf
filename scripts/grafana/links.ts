import { DashboardLinkBuilder, DashboardLinkType } from '@grafana/grafana-foundation-sdk/dashboard'

/** At the top right: other boards about evenkeel, and the page that says why. */
export const links = [
  new DashboardLinkBuilder('Status page')
    .type(DashboardLinkType.Link)
    .icon('external link')
    .tooltip('What is going on, in sentences, and pause, resume and cancel')
    .url('${status_page:raw}')
    .targetBlank(true),
  new DashboardLinkBuilder('Boards about evenkeel')
    .type(DashboardLinkType.Dashboards)
    .tags(['evenkeel'])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true),
]

/** From a panel to the same page. */
export function statusPage(title: string, fragment = ''): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title)
    .type(DashboardLinkType.Link)
    .url(`\${status_page:raw}/${fragment}`)
    .targetBlank(true)
}

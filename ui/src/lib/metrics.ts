/** The words for what the server counts. The server's registry decides which numbers there are. */
export interface MetricWords {
  title: string;
  /** A sentence for whoever meets the term for the first time. */
  meaning: string;
  one: string;
  several: string;
}

/** The five of the first screen, in the order in which a delivery happens. */
export const MAIN_METRICS = [
  'deployment_frequency', 'change_lead_time', 'change_fail_rate', 'failed_deployment_recovery_time', 'deployment_rework_rate',
] as const;

const WORDS: Record<string, MetricWords> = {
  deployment_frequency: { title: 'Deployment frequency', meaning: 'How often a new version reaches production.',
    one: 'deployment', several: 'deployments' },
  change_lead_time: { title: 'Change lead time', meaning: 'From the first commit of a change until it runs in production; the middle one of all.',
    one: 'change', several: 'changes' },
  change_fail_rate: { title: 'Change fail rate', meaning: 'The share of deployments that broke something: an incident, a rollback, a revert or a hotfix followed.',
    one: 'deployment', several: 'deployments' },
  failed_deployment_recovery_time: { title: 'Recovery time', meaning: 'From a deployment that broke something until it was repaired; the middle one of all.',
    one: 'repair', several: 'repairs' },
  deployment_rework_rate: { title: 'Rework rate', meaning: 'The share of deployments that nobody planned: they repair what users noticed.',
    one: 'deployment', several: 'deployments' },
  change_lead_time_coding: { title: 'Coding', meaning: 'First commit until opened for review.', one: 'change', several: 'changes' },
  change_lead_time_pickup: { title: 'Waiting for review', meaning: 'Opened until the first review by somebody else.', one: 'change', several: 'changes' },
  change_lead_time_review: { title: 'Review', meaning: 'First review until merged.', one: 'change', several: 'changes' },
  change_lead_time_deploy: { title: 'Waiting to deploy', meaning: 'Merged until running in production.', one: 'change', several: 'changes' },
};

export function wordsOf(metric: string): MetricWords {
  const title = metric.replaceAll('_', ' ');
  return WORDS[metric] ?? { title: title.charAt(0).toUpperCase() + title.slice(1), meaning: '', one: 'row', several: 'rows' };
}

const REASONS: Record<string, string> = {
  no_deployment_source: 'No deployment has been reported yet.',
  no_commit_data: 'No commits are known yet.',
  no_change_data: 'No pull or merge requests are known yet.',
  no_change_shipped: 'No change reached production in this time.',
  no_review: 'No review in this time.',
  no_incident_or_commit_data: 'Neither incidents nor commits are known, so nothing can be called a failure.',
  no_deployment: 'No deployment in this time.',
  no_remedied_failure: 'Nothing broke and was repaired in this time.',
  never_classified: 'No deployment says whether it was planned (its “kind”).',
  no_incident_source: 'No incident has been reported yet.',
  deployment_failed: 'The deployment itself failed.',
  not_remedied: 'Not repaired yet.',
  negative_leg: 'The times are in the wrong order.',
  baseline_deployment: 'First deployment: what it shipped is unknown.',
};

/** Why a number is unknown or a row left out, as a sentence. */
export function reasonText(reason: string): string {
  const known = REASONS[reason];
  if (known) return known;
  const text = reason.replaceAll('_', ' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

// The fields of the policy in the order of the form.
import type { Policy } from '../types';

export const modes = ['link+birth', 'link+password', 'link', 'accesskey'];
export const languages = ['ja', 'ja-easy', 'en', 'zh-Hans', 'zh-Hant', 'ko', 'vi', 'pt-BR', 'es', 'fil', 'ne', 'id', 'my', 'th'];

interface PolicyField { key: keyof Policy; choices?: string[]; rows?: number }
interface PolicyPart { key: string; fields: PolicyField[] }

const plain = (...keys: (keyof Policy)[]): PolicyField[] => keys.map((key) => ({ key }));

/** Sign-in modes (part access) and languages (part pages) have fields of their own. */
export const policyParts: PolicyPart[] = [
  { key: 'access', fields: [{ key: 'pii', choices: ['off', 'contact', 'full'] }, { key: 'groupMode', choices: ['off', 'each_code', 'tick'] }, { key: 'resetBy', choices: ['pin', 'post'] },
    ...plain('confirmMinutes', 'keysPerMail', 'keysPerPhone', 'keysPerAddress', 'unconfirmedKeys')] },
  { key: 'booking', fields: [{ key: 'units', choices: ['max', 'sum'] }, ...plain('changesPerDay', 'offerHours', 'waitingList', 'adjacent', 'cancelReason')] },
  { key: 'duty', fields: [{ key: 'reception', choices: ['cloud', 'appliance'] }, ...plain('settleDays', 'contactDays', 'linkDays')] },
  { key: 'pages', fields: [...plain('phone', 'hours', 'colour'), { key: 'privacy', rows: 4 }] },
  { key: 'mails', fields: plain('senderName', 'senderAddress', 'mailsPerDay', 'reminder', 'noShowMail') },
];

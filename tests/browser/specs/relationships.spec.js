// Relationships as an operator keeps them: found, tested, their secret exchanged, their mappings entered, a sheet for the
// buyer's administrator.
import { expect, test as base } from '../demo.js';
import { judging } from '../judge.js';

const test = base.extend({ ...judging({ width: 360, height: 780 }) });

async function signIn(page, { console: { address, name, password } }) {
  await page.goto(address);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'Needs a person' })).toBeVisible();
}

test('a relationship is found, tested, and its secret exchanged', async ({ page, freshDemo, judge }) => {
  test.slow();
  const { origins } = freshDemo;
  const complaints = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()));
  await signIn(page, origins);
  await page.getByLabel('Console').getByRole('link', { name: 'Relationships' }).click();
  const table = page.getByRole('region', { name: 'Relationships, table' });
  await expect(table.getByRole('row')).not.toHaveCount(1);
  await judge(page, 'console-relationships');
  await page.getByLabel('Suite').selectOption('Coupa');
  await expect(page).toHaveURL(/dialect=coupa/);
  await expect(table.getByRole('row')).toHaveCount(2);
  await page.getByRole('link', { name: 'Show all' }).click();
  await table.getByRole('link').first().click();
  await expect(page.getByRole('heading', { name: 'Who is who in a document' })).toBeVisible();
  await judge(page, 'console-relationship');

  await page.getByRole('button', { name: 'Test connection' }).click();
  const found = page.getByRole('region', { name: 'What the test found' });
  await expect(found.getByText('the buyer\'s opens')).toBeVisible();
  await expect(found.getByText('connector ironquay.erp')).toBeVisible();
  await judge(page, 'console-relationship-tested');

  await page.getByText('Exchange the buyer\'s secret …').click();
  await page.locator('#reason-secret').fill('Every year');
  await page.getByRole('button', { name: 'Put it there' }).click();
  const secret = await page.locator('#secret').innerText();
  expect(secret).toMatch(/^[\w-]{43}$/);
  await judge(page, 'console-relationship-secret');
  await page.getByRole('link', { name: 'I have it' }).click();
  await expect(page.getByText(secret)).toHaveCount(0);
  await expect(page.getByText('Being exchanged')).toBeVisible();
  await page.getByText('Drop the old secret …').click();
  await page.locator('#reason-drop-old').fill('The buyer has it');
  await page.getByRole('button', { name: 'Drop the old secret' }).click();
  await expect(page.getByText('the new one alone counts')).toBeVisible();
  expect(complaints, 'nothing that the policy of the pages forbids').toEqual([]);
});

test('mappings are entered one by one and as a table', async ({ page, freshDemo, judge }) => {
  test.slow();
  const { origins } = freshDemo;
  await signIn(page, origins);
  await page.getByLabel('Console').getByRole('link', { name: 'Relationships' }).click();
  await page.getByRole('region', { name: 'Relationships, table' }).getByRole('link').first().click();
  await page.getByRole('link', { name: 'Mappings' }).click();
  await page.locator('#entry-kind').selectOption('Units');
  await page.getByLabel('The buyer writes').fill('KARTON');
  await page.getByLabel('Here it is called').fill('CT');
  await page.locator('#entry-reason').fill('They write German');
  await page.getByRole('button', { name: 'Add it' }).click();
  const table = page.getByRole('region', { name: 'Mappings, table' });
  await expect(table.getByRole('cell', { name: 'KARTON', exact: true })).toBeVisible();
  await judge(page, 'console-mappings');
  await page.getByLabel('Lines to enter').fill('kind,source,target\nunit,STUECK,EA\nunits,BX,BOX\n');
  await page.locator('#table-reason').fill('Their list');
  await page.getByRole('button', { name: 'Enter the table' }).click();
  await expect(page.getByText('line 3')).toBeVisible();
  await judge(page, 'console-mappings-refused');
  await page.getByLabel('Lines to enter').fill('kind,source,target\nunit,STUECK,EA\nunit,BX,BOX\n');
  await page.getByRole('button', { name: 'Enter the table' }).click();
  await expect(page.getByText('It would be: 2 added')).toBeVisible();
  await page.getByLabel('Only say what would come of it').uncheck();
  await page.getByRole('button', { name: 'Enter the table' }).click();
  await expect(page.getByText('2 added, 0 changed')).toBeVisible();
  await table.getByRole('link', { name: 'Change KARTON' }).click();
  await judge(page, 'console-mapping-change');
  await page.locator('#entry-reason').fill('Not any more');
  await page.getByRole('button', { name: 'Take it away' }).click();
  await expect(table.getByRole('cell', { name: 'KARTON', exact: true })).toHaveCount(0);
  const download = page.waitForEvent('download');
  await page.getByRole('link', { name: /Download all/ }).click();
  expect((await download).suggestedFilename()).toMatch(/^mappings-ironquay\..+\.csv$/);
});

test('a sheet for the buyer is read and printed', async ({ page, origins, judge }) => {
  test.slow();
  await signIn(page, origins);
  for (const suite of ['SAP Ariba', 'Coupa']) {
    await page.getByLabel('Console').getByRole('link', { name: 'Relationships' }).click();
    await page.getByLabel('Suite').selectOption(suite);
    await expect(page).toHaveURL(/dialect=/);
    await page.getByRole('region', { name: 'Relationships, table' }).getByRole('link').first().click();
    await page.getByRole('link', { name: 'Onboarding sheet' }).click();
    await expect(page.getByRole('heading', { name: /What is entered in/ })).toBeVisible();
    await judge(page, `console-sheet-${suite.replace(/\W/g, '-').toLowerCase()}`);
    await page.emulateMedia({ media: 'print' });
    await expect(page.getByRole('navigation', { name: 'Console' })).toBeHidden();
    await page.screenshot({ path: `test-results/screens/console-sheet-${suite.replace(/\W/g, '-').toLowerCase()}.print.png`, fullPage: true });
    await page.emulateMedia({ media: 'screen' });
  }
});
